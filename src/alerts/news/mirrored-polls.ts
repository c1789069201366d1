import { announceNews } from '../../changes/verify/job-news.ts'
import { GIVEN_UP_SQL } from '../../entities/chatops/given-up-jobs.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { cureByJob } from '../../jobs/run/cured.ts'
import { POLL_NAMES } from '../../register/jobs/polled.ts'
import type { World } from '../../world.ts'
import { noteSuccess } from './job-ends.ts'

// What there is to tell of polls of Register's that go on: each of them puts the poll of the next hour in its place.

/** Tells of `most` polls at the most. Returns how many there were. */
export async function tellOfPolls(world: World, most: number): Promise<number> {
  return (await tellOfWorked(world, most)) + (await tellOfFirst(world, most))
}

/** Settles what alerts say of polls that have worked since. Returns how many. */
async function tellOfWorked({ database, now }: World, most: number): Promise<number> {
  const worked = await database.query<{ id: string }[]>(WORKED, [most, POLL_NAMES])
  for (const { id } of worked) {
    await retryConflicts(() =>
      database.transaction(async (sql) => {
        const poll = await sql.findOneByOrFail(MirroredJob, { id })
        await cureByJob(sql, poll, now())
        await noteSuccess(sql, poll)
      }),
    )
  }
  return worked.length
}

// What a poll timed out for is made up for only by what it asked for.
const WORKED = `
  SELECT DISTINCT poll.id FROM chatops.alert_entries entry
    JOIN chatops.mirrored_jobs poll ON poll.trainee_id = entry.trainee_id AND poll.name = split_part(entry.subject, ':', 1)
  WHERE entry.settled_at IS NULL AND entry.failure ->> 'code' <> 'timed-out'
    AND poll.name = ANY($2) AND poll.failure IS NULL
    AND (poll.args ->> 'polled')::timestamptz > (entry.failure ->> 'at')::timestamptz
    AND NOT EXISTS (
      SELECT FROM chatops.seen_jobs job
      WHERE job.id = entry.job_id AND ${GIVEN_UP_SQL} AND job.failure ->> 'code' = 'timed-out')
  LIMIT $1`

/** Has the card of a request for a poll say that DTTP had no TRN, once Sidekiq polls again. Returns how many. */
async function tellOfFirst({ database }: World, most: number): Promise<number> {
  const again = await database.query<{ id: string }[]>(POLLED_AGAIN, [most])
  for (const { id } of again) {
    await retryConflicts(() =>
      database.transaction(async (sql) => {
        const poll = await sql.findOneByOrFail(MirroredJob, { id })
        const next = poll.dueAt.toISOString()
        await announceNews(sql, poll, { kind: 'no-trn-yet', next, timeout: poll.timeoutAt ?? next })
      }),
    )
  }
  return again.length
}

const POLLED_AGAIN = `
  SELECT job.id FROM chatops.change_requests request JOIN chatops.mirrored_jobs job ON job.change_request_id = request.id
  WHERE request.executed_at IS NOT NULL AND NOT jsonb_exists(request.outcome, 'poll') AND job.name = 'retrieve-trn'
    AND job.place = 'schedule' AND jsonb_exists(job.args, 'again') AND job.timeout_at IS NOT NULL LIMIT $1`
