import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import type { FailureCode, JobFailure, JobRow, SeenJobName } from '../entities/chatops/job.ts'
import { FAILURES } from '../failures/index.ts'
import { announce, tellRequester } from '../outbox/outbox.ts'

const failure = z.object({
  code: z.custom<FailureCode>((code) => typeof code === 'string' && Object.hasOwn(FAILURES, code)).catch('unexpected'),
  words: z.string(),
  urns: z.array(z.string()).exactOptional(),
  reference: z.string().exactOptional(),
  at: z.string(),
  by: z.literal('register').exactOptional(),
}) satisfies z.ZodType<JobFailure>

/** What is posted about a job in the thread of the request that asked for it. Times are as in the jobs' own data. */
const jobNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('no-trn-yet'), next: z.string(), timeout: z.string() }),
  z.object({ kind: z.literal('trn-received') }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), failure }),
])

/** News of a job, as its outbox row holds it. An earlier version of the bot told the thread of each. */
export const postedNews = z.object({
  part: z.literal('job-news'),
  job: z.string(),
  trainee: z.string().nullable(),
  news: jobNews,
})

export type JobNews = z.output<typeof jobNews>
export type PostedNews = z.output<typeof postedNews>

/**
 * Tells whoever asked for a job that it failed, or that the TRN has arrived. The request's card shows that, and all else
 * that its jobs do.
 */
export async function announceNews(
  sql: EntityManager,
  job: Pick<JobRow, 'traineeId' | 'changeRequestId'> & { name: SeenJobName },
  news: JobNews,
): Promise<void> {
  if (job.changeRequestId === null || news.kind === 'done') return
  if (news.kind !== 'failed') {
    const found = news.kind === 'trn-received' ? 'trn' : { next: news.next, timeout: news.timeout }
    await sql.query(NOTE_POLL, [job.changeRequestId, JSON.stringify(found)])
    await announce(sql, job.changeRequestId)
    if (news.kind === 'no-trn-yet') return
  }
  const request = await sql.findOneByOrFail(ChangeRequest, { id: job.changeRequestId })
  const payload: PostedNews = { part: 'job-news', job: job.name, trainee: job.traineeId, news }
  await tellRequester(sql, request, payload)
}

const NOTE_POLL = `
  UPDATE chatops.change_requests SET outcome = outcome || jsonb_build_object('poll', $2::jsonb) WHERE id = $1`
