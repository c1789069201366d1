import type { EntityManager } from 'typeorm'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'

// Which jobs of Register's people have yet to be told of. The sweep notes that a job stands otherwise than before; whoever
// tells of it notes that here, in the same transaction.

/** Counts as told what is no news: most of the night's updates go well, and nobody has asked for them. */
export async function passOverNoNews(sql: EntityManager): Promise<void> {
  await sql.query(NO_NEWS)
}

const NO_NEWS = `
  UPDATE chatops.mirrored_jobs job SET told = true
  WHERE NOT told AND place = 'gone' AND failure IS NULL AND change_request_id IS NULL
    AND NOT EXISTS (
      SELECT FROM chatops.alert_entries entry
      WHERE entry.trainee_id IS NOT DISTINCT FROM job.trainee_id AND entry.settled_at IS NULL)
    AND NOT EXISTS (
      SELECT FROM chatops.seen_jobs failed
      WHERE failed.trainee_id IS NOT DISTINCT FROM job.trainee_id AND failed.name = job.name AND failed.status = 'failed'
        AND failed.cured_at IS NULL)`

/** The ids of up to `most` jobs that people have yet to be told of; registrations, which may be urgent, come first. */
export async function findUntold(sql: EntityManager, most: number): Promise<string[]> {
  const rows = await sql.query<{ id: string }[]>(UNTOLD, [most])
  return rows.map(({ id }) => id)
}

const UNTOLD = `
  SELECT id FROM chatops.mirrored_jobs WHERE NOT told AND (failure IS NOT NULL OR place = 'gone')
  ORDER BY args ->> 'untold' NULLS FIRST, name <> 'register-for-trn', id LIMIT $1`

/** Telling of this job failed, so it goes to the end of the line. */
export async function putOffNews(sql: EntityManager, id: string, now: Date): Promise<void> {
  await sql.query(PUT_OFF, [id, now.toISOString()])
}

const PUT_OFF = `UPDATE chatops.mirrored_jobs SET args = args || jsonb_build_object('untold', $2::text) WHERE id = $1`

/** Locks a job that people have yet to be told of; null if somebody else has told of it. */
export function holdUntold(sql: EntityManager, id: string): Promise<MirroredJob | null> {
  return sql.findOne(MirroredJob, { where: { id, told: false }, lock: { mode: 'pessimistic_write' } })
}

export async function noteTold(sql: EntityManager, id: string): Promise<void> {
  await sql.update(MirroredJob, { id }, { told: true })
}

/** Keeps a failure of which more is known now than when it was found. */
export async function nameFailure(sql: EntityManager, id: string, failure: JobFailure): Promise<void> {
  await sql.update(MirroredJob, { id }, { failure })
}

/** Gives the job to the request that made it fail, unless another request asked for it. */
export async function giveToRequest(sql: EntityManager, id: string, changeRequestId: string): Promise<void> {
  await sql.query(GIVE, [id, changeRequestId])
}

const GIVE = `
  UPDATE chatops.mirrored_jobs SET change_request_id = coalesce(change_request_id, $2::bigint),
    args = args || jsonb_build_object('joined', $2::text)
  WHERE id = $1`
