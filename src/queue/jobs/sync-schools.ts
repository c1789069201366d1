import type { JobHandler } from '../run-job.ts'

export const syncSchools: JobHandler = async () => {
  throw new Error('being written')
}
