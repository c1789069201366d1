import type { EntityManager } from 'typeorm'
import type { Job, JobFailure } from '../entities/chatops/job.ts'
import type { Json } from '../entities/json.ts'
import { addToOutbox } from '../outbox/outbox.ts'

/** What is posted about a job in the thread of the request that asked for it. Times are as in the jobs' own data. */
export type JobNews =
  | { kind: 'no-trn-yet'; next: string; timeout: string }
  | { kind: 'trn-received' }
  | { kind: 'done' }
  | { kind: 'failed'; failure: JobFailure }

/** Has news of a job posted in the thread of the request that asked for it, if there is one. */
export async function announceNews(
  sql: EntityManager,
  job: Pick<Job, 'name' | 'traineeId' | 'changeRequestId'>,
  news: JobNews,
): Promise<void> {
  if (job.changeRequestId === null) return
  await addToOutbox(sql, {
    stream: `card:${job.changeRequestId}`,
    kind: 'thread',
    changeRequest: job.changeRequestId,
    payload: { part: 'job-news', job: job.name, trainee: job.traineeId, news: news as unknown as Json },
  })
}
