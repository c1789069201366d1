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

const POLLS = `
  SELECT DISTINCT ON (trainee_id) id FROM chatops.seen_jobs job
  WHERE name = 'retrieve-trn' AND trainee_id = ANY($1)
  ORDER BY trainee_id, job.${LIVE_SQL} DESC, timeout_at IS NULL, created_at DESC, id`
