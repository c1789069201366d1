import type { JobHandler } from '../run-job.ts'

export const changeTraineeStatus: JobHandler = async () => {
  throw new Error('being written')
}
