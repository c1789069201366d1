import { noteFailure, noteSuccess } from '../alerts/news/job-ends.ts'
import { verifyAgain } from '../changes/requests.ts'
import { announceNews } from '../changes/verify/job-news.ts'
import { jobHandlers } from '../jobs/index.ts'
import type { JobRunner } from '../jobs/run/run-job.ts'

/** Every job, and what alerts and requests do when one ends. They stand above jobs, so they are passed in here. */
export const jobRunner: JobRunner = {
  handlers: jobHandlers,
  ends: { failed: noteFailure, worked: noteSuccess, over: verifyAgain, news: announceNews },
}
