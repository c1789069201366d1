import type { EntityManager } from 'typeorm'
import { ChangeRequest, type RequestOutcome } from '../../entities/chatops/change-request.ts'
import type { JobRow, SeenJobName } from '../../entities/chatops/job.ts'
import type { JobNews, PostedNews } from '../../jobs/news.ts'
import { announce, tellRequester } from '../announce.ts'

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
  const poll = findOfPoll(job.name, news)
  if (poll) {
    await sql.query(NOTE_POLL, [job.changeRequestId, JSON.stringify(poll)])
    await announce(sql, job.changeRequestId)
  }
  if (news.kind === 'no-trn-yet') return
  const request = await sql.findOneByOrFail(ChangeRequest, { id: job.changeRequestId })
  const payload: PostedNews = { part: 'job-news', job: job.name, trainee: job.traineeId, news }
  await tellRequester(sql, request, payload)
}

/** What the card keeps of a poll; null of any other job. */
function findOfPoll(name: SeenJobName, news: Exclude<JobNews, { kind: 'done' }>): RequestOutcome['poll'] | null {
  if (news.kind === 'failed') return name === 'retrieve-trn' ? 'over' : null
  return news.kind === 'trn-received' ? 'trn' : { next: news.next, timeout: news.timeout }
}

const NOTE_POLL = `
  UPDATE chatops.change_requests SET outcome = outcome || jsonb_build_object('poll', $2::jsonb) WHERE id = $1`
