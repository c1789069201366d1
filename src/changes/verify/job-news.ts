import type { EntityManager } from 'typeorm'
import { ChangeRequest, type RequestOutcome } from '../../entities/chatops/change-request.ts'
import type { JobRow, SeenJobName } from '../../entities/chatops/job.ts'
import type { JobNews, PostedNews } from '../../jobs/news.ts'
import { announce, tellRequester } from '../announce.ts'

type OfRequest = Pick<JobRow, 'traineeId' | 'changeRequestId'> & { name: SeenJobName }

/**
 * Tells whoever asked for a job that it failed, or that the TRN has arrived. The request's card shows that, and all else
 * that its jobs do.
 */
export async function announceNews(sql: EntityManager, job: OfRequest, news: JobNews): Promise<void> {
  if (job.name === 'retrieve-trn' && news.kind !== 'done') await notePoll(sql, job, news)
  if (job.changeRequestId === null || news.kind === 'done' || news.kind === 'no-trn-yet') return
  const request = await sql.findOneByOrFail(ChangeRequest, { id: job.changeRequestId })
  const payload: PostedNews = { part: 'job-news', job: job.name, trainee: job.traineeId, news }
  await tellRequester(sql, request, payload)
}

type PollNews = Exclude<JobNews, { kind: 'done' }>

/**
 * Notes what has become of a poll on its request, and on the trainee's earlier requests for one whose polls still go on: a
 * later poll takes their place, and a TRN ends them all.
 */
async function notePoll(sql: EntityManager, { traineeId, changeRequestId }: OfRequest, news: PollNews): Promise<void> {
  if (changeRequestId !== null) {
    await sql.query(NOTE_POLL, [changeRequestId, JSON.stringify(pollOf(news))])
    await announce(sql, changeRequestId)
  }
  const others = news.kind === 'trn-received' ? 'trn' : changeRequestId === null ? null : { by: changeRequestId }
  if (others === null) return
  const noted = await sql.query<{ id: string }[]>(NOTE_OTHERS, [traineeId, changeRequestId, JSON.stringify(others)])
  if (noted.length > 0)
    await announce(
      sql,
      noted.map(({ id }) => id),
    )
}

function pollOf(news: PollNews): RequestOutcome['poll'] {
  if (news.kind === 'failed') return 'over'
  return news.kind === 'trn-received' ? 'trn' : { next: news.next, timeout: news.timeout }
}

const NOTE_POLL = `
  UPDATE chatops.change_requests SET outcome = outcome || jsonb_build_object('poll', $2::jsonb) WHERE id = $1`

const NOTE_OTHERS = `
  WITH going_on AS (
    SELECT id FROM chatops.change_requests
    WHERE trainee_id = $1 AND ($2::bigint IS NULL OR id < $2) AND executed_at IS NOT NULL
      AND (outcome -> 'poll' IS NULL OR jsonb_exists(outcome -> 'poll', 'next'))
      AND plan -> 'effects' @> '[{"kind": "enqueue", "job": "retrieve-trn"}]'),
  noted AS (
    UPDATE chatops.change_requests SET outcome = outcome || jsonb_build_object('poll', $3::jsonb)
    WHERE id IN (SELECT id FROM going_on) RETURNING id)
  SELECT id FROM noted ORDER BY id`
