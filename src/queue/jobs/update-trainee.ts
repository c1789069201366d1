import type { JobHandler } from '../run-job.ts'

export const updateTrainee: JobHandler = async () => {
  throw new Error('being written')
}
