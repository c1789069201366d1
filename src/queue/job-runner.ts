import { noteFailure, noteSuccess } from '../alerts/alerts.ts'
import { verifyAgain } from '../changes/requests.ts'
import { jobHandlers } from '../jobs/index.ts'
import type { JobRunner } from '../jobs/run-job.ts'

/** Every job, and whom its end concerns: alerts and requests stand above jobs, and hear of it in its own transaction. */
export const jobRunner: JobRunner = {
  handlers: jobHandlers,
  ends: { failed: noteFailure, worked: noteSuccess, over: verifyAgain },
}
