import { type EntityManager, In } from 'typeorm'
import { LIVE_SQL } from './live-jobs.ts'
import { SeenJob } from './seen-job.ts'

// The poll for a trainee's TRN is a job of ours that goes on, or in Register's Sidekiq each hour another job. Either is
// the trainee's poll, whoever runs it.

/** The poll of each trainee, by trainee: the one that is live, or else the last one there was. */
export async function findPolls(sql: EntityManager, traineeIds: readonly string[]): Promise<Map<string, SeenJob>> {
  const found = await sql.query<{ id: string }[]>(POLLS, [traineeIds])
  const polls = await sql.findBy(SeenJob, { id: In(found.map(({ id }) => id)) })
  return new Map(polls.map((poll) => [poll.traineeId ?? '', poll]))
}

/**
 * What another poll must name to take this one's place: null where our own workers just move it, undefined where that is
 * not possible, because Sidekiq is about to make it.
 */
export function placeToTake({
  runner,
  fingerprint,
}: Pick<SeenJob, 'runner' | 'fingerprint'>): string | null | undefined {
  return runner === 'bot' ? null : (fingerprint ?? undefined)
}

const POLLS = `
  SELECT DISTINCT ON (trainee_id) id FROM chatops.seen_jobs job
  WHERE name = 'retrieve-trn' AND trainee_id = ANY($1)
  ORDER BY trainee_id, job.${LIVE_SQL} DESC, timeout_at IS NULL, created_at DESC, id`
