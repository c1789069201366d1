import { type EntityManager, In, IsNull } from 'typeorm'
import type { JobData, JobName, SeenJobName } from '../../entities/chatops/job.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { REPLACED } from '../../failures/register-words.ts'
import { demandMember, type MemberId } from '../../sidekiq/job.ts'
import { measureAnew } from './baseline.ts'

// What a request asks of Register's Sidekiq stands in the mirror from the transaction on that asks for it. The outbox row
// of that transaction does it; from then on the sweeps follow the job.

type Asked = {
  /** That of the outbox row, and ActiveJob's id of the job. */
  id: string
  name: JobName
  trainee: string | null
  args: JobData
  /** Of a poll (UTC, as Register's timestamps are written); null for Register's own default. */
  timeoutAt: string | null
  queue: string
  dueAt: Date
  changeRequest: string | null
}

/** Notes a job that is to be pushed. */
export async function mirrorPush(sql: EntityManager, asked: Asked): Promise<void> {
  const { id, name, args, timeoutAt, queue, dueAt, trainee: traineeId, changeRequest: changeRequestId } = asked
  const row = { id, name, args, timeoutAt, queue, dueAt, traineeId, changeRequestId }
  await sql.insert(MirroredJob, { ...row, place: 'unsent', outboxId: id, createdAt: () => 'now()' })
  await measureAnew(sql, { id, name })
}

/**
 * Notes that a job which failed is to run again for a request. Until its outbox row is done it stands as waiting. Throws
 * unless it is still where it was.
 * @param fingerprint what the plan names it by; see `SeenJob`
 */
export async function mirrorRetry(
  sql: EntityManager,
  {
    id,
    fingerprint,
    outboxId,
    changeRequest,
  }: { id: string; fingerprint: string; outboxId: string; changeRequest: string },
): Promise<void> {
  const { place, score, sha1 } = demandMember(fingerprint)
  const asked = {
    place: 'unsent' as const,
    outboxId,
    changeRequestId: changeRequest,
    finishedAt: null,
    failure: null,
    attempts: 0,
  }
  const { affected } = await sql.update(
    MirroredJob,
    { id, place, score: score ?? IsNull(), sha1 },
    { ...asked, curedAt: null, told: false },
  )
  if (affected !== 1) throw new Error('the failed job is no longer as it was')
  await measureAnew(sql, await sql.findOneByOrFail(MirroredJob, { id }))
}

/**
 * SQL: the push of a row `job` has certainly not reached Redis. Never so while the push is being sent: it may arrive at any
 * moment.
 */
export const NOT_GIVEN_SQL = `job.id = job.outbox_id AND job.sha1 IS NULL AND EXISTS (
  SELECT FROM chatops.outbox push
  WHERE push.id = job.outbox_id AND push.status IN ('queued', 'waiting', 'failed') AND NOT push.unsure)`

/**
 * Whether what an outbox row asks for was taken for lost before Redis had it, and people were told so: they may have settled
 * the registration and had the trainee registered anew, or have asked for another poll. What else is late does no harm. A
 * row that the mirror has forgotten was over long ago.
 */
export function isOver(asked: MirroredJob | null, name: SeenJobName | undefined): boolean {
  return (name === 'register-for-trn' || name === 'retrieve-trn') && (asked === null || asked.place === 'gone')
}

/**
 * Whether another poll for the trainee was asked for after the one of this outbox row, where either is to take the place of
 * every poll. The one that was asked for last is to stay.
 */
export async function isOvertaken(sql: EntityManager, outboxId: string, trainee: string): Promise<boolean> {
  const later = await sql.query<unknown[]>(LATER_POLLS, [outboxId, trainee])
  return later.length > 0
}

const LATER_POLLS = `
  SELECT FROM chatops.outbox own, chatops.mirrored_jobs later LEFT JOIN chatops.outbox push ON push.id = later.outbox_id
  WHERE own.id = $1 AND later.name = 'retrieve-trn' AND later.trainee_id = $2 AND later.outbox_id <> own.id
    AND later.created_at > own.created_at AND push.status IS DISTINCT FROM 'failed'
    AND later.failure ->> 'code' IS DISTINCT FROM 'not-given'
    AND (own.payload ->> 'instead' IS NOT NULL OR push.payload ->> 'instead' IS NOT NULL)`

/** Notes that a poll was not pushed, as one that was asked for later takes its place. */
export async function mirrorOvertaken(sql: EntityManager, id: string, now: Date): Promise<void> {
  const failure = { code: 'vanished', words: REPLACED, at: now.toISOString(), by: 'register' } as const
  const over = { place: 'gone', missingSince: null, finishedAt: now, curedAt: now, failure, told: false } as const
  await sql.update(MirroredJob, { id, place: In(['unsent', 'missing']) }, { ...over, args: { replaced: true } })
}

/** Notes that a job was not pushed, as there is nothing left for it to do. */
export async function mirrorNeedless(sql: EntityManager, id: string, now: Date): Promise<void> {
  const over = { place: 'gone', missingSince: null, finishedAt: now, failure: null, told: false } as const
  await sql.update(MirroredJob, { id, place: In(['unsent', 'missing']) }, { ...over, args: { needless: true } })
}

/** Notes that a registration was not pushed, since nobody stands for it. Answers false for what was not to be pushed. */
export async function mirrorNotBacked(sql: EntityManager, id: string, words: string, now: Date): Promise<boolean> {
  const failure = { code: 'not-as-approved', words, at: now.toISOString(), by: 'register' } as const
  const over = { place: 'gone', missingSince: null, finishedAt: now, failure, told: false } as const
  const { affected } = await sql.update(MirroredJob, { id, place: In(['unsent', 'missing']) }, over)
  return affected === 1
}

/** Notes that two people had a job taken out of Redis, so that nobody takes it for lost. */
export async function mirrorRemoval(sql: EntityManager, { sha1 }: MemberId): Promise<void> {
  await sql.query(`UPDATE chatops.mirrored_jobs SET args = args || '{"removed": true}' WHERE sha1 = $1`, [sha1])
}

/** Notes that a poll, by now in Redis, has taken the place of every other one for the trainee. */
export async function mirrorReplacement(sql: EntityManager, trainee: string, id: string): Promise<void> {
  await sql.query(REPLACE, [trainee, id])
}

const REPLACE = `
  UPDATE chatops.mirrored_jobs SET args = args || '{"replaced": true}'
  WHERE name = 'retrieve-trn' AND trainee_id = $1 AND id <> $2
    AND place IN ('queue', 'schedule', 'retry', 'running', 'missing')`
