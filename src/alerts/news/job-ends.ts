import type { EntityManager } from 'typeorm'
import type { EntryFailure } from '../../entities/chatops/alert.ts'
import { GIVEN_UP_SQL } from '../../entities/chatops/given-up-jobs.ts'
import { JOB_NAMES, type JobRow, OTHER_JOB_NAMES, type SeenJobName } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { subjectOf } from '../../failures/causes.ts'
import { causesOf } from '../../failures/index.ts'
import { unlessMovedWithin } from '../../jobs/mirror/moved-tables.ts'
import { SCHOOLS_OF } from '../../register/schools/sent-schools.ts'
import { findInactiveUrns } from '../../schools/matching.ts'
import type { World } from '../../world.ts'
import { joinAlert, settleEarlier, settleEntries } from '../live/entries.ts'
import { postedFrom } from '../live/hours.ts'

// Turns what becomes of each attempt at a job into alerts. A cause never has more than one open alert.

/** A job of ours, or of Register's. */
type Noted = Pick<JobRow, 'id' | 'traineeId' | 'args'> & { name: SeenJobName; className?: string | null }

/** Opens an alert for a failure's cause, or joins the live one; in the transaction that ends the attempt. */
export async function noteFailure(sql: EntityManager, world: World, job: Noted, failure: JobFailure): Promise<void> {
  const known = await withParticulars(sql, world, job, failure)
  const entry = { subject: subjectOf(job), trainee: job.traineeId, job: job.id, failure: known }
  const from = postedFrom(world, failure.code)
  for (const cause of causesOf(job, known)) {
    if (failure.code === 'timed-out') await settleEarlier(sql, entry.subject, cause, world.now())
    await joinAlert(sql, { cause, channel: world.alertChannel, at: failure.at, from }, [entry])
  }
}

/**
 * Settles the alert entries about this trainee and kind of job, because the job has now run; not where the entry's own
 * job is still given up. Alerts with other entries about the trainee are looked at again soon.
 */
export async function noteSuccess(sql: EntityManager, job: Noted): Promise<void> {
  const subject = subjectOf(job)
  const held = await sql.query<{ id: string; status: string }[]>(HOLD, [subject])
  for (const { id, status } of held) {
    if (status === 'open') await settleEntries(sql, id, [subject])
    else await sql.query(SETTLE_QUIETLY, [id, subject])
  }
  if (job.traineeId !== null)
    await sql.query(LOOK_AGAIN, [[...JOB_NAMES, ...OTHER_JOB_NAMES].map((name) => `${name}:${job.traineeId}`)])
  if (job.name === 'sync-schools') await sql.query(LOOK_AT_SCHOOLS)
}

/** Forgets that people dismissed a job's failure, now that two have had it run again: its next failure is posted. */
export async function forgetDismissal(sql: EntityManager, job: string): Promise<void> {
  await sql.query(FORGET, [job])
}

/**
 * Also locks dismissed alerts. Their entries are settled without a word, so that a later failure of the job counts as
 * new.
 */
const HOLD = `
  SELECT id, status FROM chatops.alerts
  WHERE status <> 'resolved' AND id IN (
    SELECT alert_id FROM chatops.alert_entries entry
    WHERE subject = $1 AND settled_at IS NULL
      AND NOT EXISTS (SELECT FROM chatops.seen_jobs job WHERE job.id = entry.job_id AND ${GIVEN_UP_SQL}))
  ORDER BY cause COLLATE "C", id FOR NO KEY UPDATE`

/** One job of a trainee may cure what another one failed for: after a registration, an update finds the DTTP record. */
const LOOK_AGAIN = `
  UPDATE chatops.alerts SET looked_at = NULL
  WHERE status = 'open' AND looked_at IS NOT NULL
    AND id IN (SELECT alert_id FROM chatops.alert_entries WHERE subject = ANY($1) AND settled_at IS NULL)`

const LOOK_AT_SCHOOLS = `
  UPDATE chatops.alerts SET looked_at = NULL
  WHERE status = 'open' AND looked_at IS NOT NULL AND cause LIKE 'school:%'`

const FORGET = `
  UPDATE chatops.alert_entries entry SET settled_at = now() FROM chatops.alerts alert
  WHERE alert.id = entry.alert_id AND alert.status = 'dismissed' AND entry.settled_at IS NULL
    AND (entry.job_id = $1 OR EXISTS (
      SELECT FROM chatops.seen_jobs job WHERE job.id = $1
        AND job.trainee_id = entry.trainee_id AND job.name = split_part(entry.subject, ':', 1)))`

const SETTLE_QUIETLY = `
  UPDATE chatops.alert_entries SET settled_at = now() WHERE alert_id = $1 AND subject = $2 AND settled_at IS NULL`

/**
 * Adds to a failure what may have changed by the time people read of it, and the schools if the job did not name them.
 */
async function withParticulars(
  sql: EntityManager,
  world: World,
  job: Noted,
  failure: JobFailure,
): Promise<EntryFailure> {
  if (failure.code === 'timed-out') {
    const poll = await sql.findOneBy(SeenJob, { id: job.id })
    return poll?.timeoutAt ? { ...failure, deadline: poll.timeoutAt } : failure
  }
  const id = job.traineeId
  if (id === null) return failure
  if (failure.code === 'gone') {
    const contact = await unlessMovedWithin(world, sql, null, (sql) => findContact(sql, id))
    return contact === null ? failure : { ...failure, contact }
  }
  if (failure.code !== 'school-not-active' || (failure.urns ?? []).length > 0) return failure
  const urns = await unlessMovedWithin(world, sql, null, async (sql) => {
    const trainee = await sql.findOne(Trainee, { select: { id: true, ...SCHOOLS_OF }, where: { id } })
    return trainee && findInactiveUrns(sql, trainee, world.register)
  })
  return urns ? { ...failure, urns } : failure
}

async function findContact(sql: EntityManager, id: string): Promise<string | null> {
  const trainee = await sql.findOne(Trainee, { select: { id: true, dttp_id: true }, where: { id } })
  return trainee?.dttp_id ?? null
}
