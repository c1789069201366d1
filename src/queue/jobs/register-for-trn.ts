import type { JobHandler } from '../run-job.ts'

export const registerForTrn: JobHandler = async () => {
  throw new Error('being written')
}
