import { setTimeout as sleep } from 'node:timers/promises'
import { type EntityManager, IsNull } from 'typeorm'
import { formatDateTime } from '../calendar/london.ts'
import { Job, type JobFailure } from '../entities/chatops/job.ts'
import { RegistrationAttempt, type RegistrationIds, type SentAs } from '../entities/chatops/registration-attempt.ts'
import { isTransient, retryConflicts } from '../entities/transient.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'

// The record of registrations that were sent to DTTP. A row is committed before anything is sent. So if a row has no
// outcome, the registration may or may not have worked, and nothing more may be sent for that trainee.

/** Runs a transaction that holds the job; throws if another worker has taken the job over. */
export type AsOwner = <T>(act: (sql: EntityManager) => Promise<T>) => Promise<T>

/**
 * DTTP's answer to an earlier run of this job, which now only has to be saved; null if nothing was sent before. Throws
 * JobFailed if the earlier run sent something and no answer is on record, or if DTTP registered nobody.
 */
export async function resumeAttempt(world: World, job: Job, asOwner: AsOwner): Promise<RegistrationIds | null> {
  const attempt = await asOwner(async (sql) => {
    const found = await sql.findOneBy(RegistrationAttempt, { jobId: job.id })
    if (found?.outcome === null && found.ids === null) await settleAttempt(sql, job, 'unknown', world.now())
    return found
  })
  if (!attempt) return null
  if (attempt.outcome === 'not-sent') throw refusedOrSettled(job)
  if (attempt.ids !== null) return attempt.ids
  throw stoppedInTheMiddle(attempt)
}

/**
 * Puts on record that the registration is about to be sent. `check` is called in the same transaction and throws if
 * nothing may be sent; the rows that it locks stay locked until the commit. Throws JobFailed if another registration of
 * the trainee is unsettled.
 */
export async function openAttempt(
  world: World,
  job: Job,
  asOwner: AsOwner,
  { traineeId, sentAs }: { traineeId: string; sentAs: SentAs },
  check: (sql: EntityManager) => Promise<void>,
): Promise<void> {
  await asOwner(async (sql) => {
    await check(sql)
    const added = await sql
      .createQueryBuilder()
      .insert()
      .into(RegistrationAttempt, ['jobId', 'traineeId', 'sentAt', 'sentAs'])
      .values({ jobId: job.id, traineeId, sentAt: world.now(), sentAs })
      .orIgnore()
      .returning('job_id')
      .updateEntity(false)
      .execute()
    if ((added.raw as unknown[]).length === 0) throw await describeUnsettled(sql, traineeId)
  })
}

/**
 * Keeps DTTP's answer at once, since only this process has it. Until the ids are saved in Register, the registration
 * counts as unsettled, unless a request has settled it meanwhile.
 */
export async function keepAnswer(world: World, job: Job, ids: RegistrationIds): Promise<void> {
  await persist(() =>
    world.database.transaction(async (sql) => {
      await sql.update(RegistrationAttempt, { jobId: job.id }, { ids })
      await sql.update(RegistrationAttempt, { jobId: job.id, outcome: IsNull() }, { outcome: 'unknown' })
    }),
  )
}

/** Keeps that DTTP did not register anyone, and why. */
export async function keepRefusal(world: World, job: Job, failure: JobFailure): Promise<void> {
  await persist(() =>
    world.database.transaction(async (sql) => {
      await settleAttempt(sql, job, 'not-sent', world.now())
      await sql.update(Job, { id: job.id, run: job.run }, { progress: failure })
    }),
  )
}

/** Keeps that no answer came. */
export async function keepDoubt(world: World, job: Job): Promise<void> {
  await persist(() => settleAttempt(world.database.manager, job, 'unknown', world.now()))
}

/** Writes how a registration ended. An outcome that is certain already is not changed. */
export async function settleAttempt(
  sql: EntityManager,
  job: Pick<Job, 'id'>,
  outcome: NonNullable<RegistrationAttempt['outcome']>,
  now: Date,
): Promise<void> {
  await sql
    .createQueryBuilder()
    .update(RegistrationAttempt)
    .set({ outcome, settledAt: now, ...(outcome === 'unknown' ? {} : { sentAs: null }) })
    .where(`job_id = :id AND (outcome IS NULL OR outcome = 'unknown')`, { id: job.id })
    .updateEntity(false)
    .execute()
}

/** The failure of a registration of which nobody knows whether it worked. */
export function unanswered(sentAt: Date): JobFailed {
  return new JobFailed(
    'outcome-unknown',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply that we could read. It may have worked. ` +
      'A developer needs to check what DTTP holds.',
  )
}

function refusedOrSettled({ progress }: Job): JobFailed {
  const { code, words } = (progress as JobFailure | null) ?? {}
  if (code && words) return new JobFailed(code, words)
  return new JobFailed(
    'outcome-unknown',
    'Two people have settled that this registration is given up, so it is not sent again. Whatever DTTP answered is not saved.',
  )
}

function stoppedInTheMiddle({ sentAt }: RegistrationAttempt): JobFailed {
  return new JobFailed(
    'outcome-unknown',
    `We began to send the registration on ${formatDateTime(sentAt)}, and the bot was stopped before a reply was on ` +
      'record. It may have worked. A developer needs to check what DTTP holds.',
  )
}

async function describeUnsettled(sql: EntityManager, traineeId: string): Promise<JobFailed> {
  const other =
    (await sql.findOneBy(RegistrationAttempt, { traineeId, outcome: IsNull() })) ??
    (await sql.findOneBy(RegistrationAttempt, { traineeId, outcome: 'unknown' }))
  const when = other ? ` on ${formatDateTime(other.sentAt)}` : ''
  const words =
    other?.outcome === 'unknown'
      ? `A registration of this trainee was sent${when}, and nobody knows yet whether it worked. This one sent nothing.`
      : `Another registration of this trainee began${when}, and its outcome is not on record. This one sent nothing.`
  return new JobFailed('outcome-unknown', words)
}

const TRIES = 15
const PAUSE_MS = 200

/** Writes, trying again for up to half a minute while the database is away. */
async function persist(write: () => Promise<unknown>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await retryConflicts(write)
      return
    } catch (error) {
      if (tried === TRIES || !isTransient(error)) throw error
      await sleep(tried * PAUSE_MS)
    }
  }
}
