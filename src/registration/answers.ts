import { setTimeout as sleep } from 'node:timers/promises'
import { type EntityManager, IsNull } from 'typeorm'
import type { Job } from '../entities/chatops/job.ts'
import { RegistrationAttempt, type RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { mayPass, retryConflicts } from '../entities/transient.ts'
import type { World } from '../world.ts'
import { isSame } from './own-ids.ts'

// What came of sending a registration, put on record at once: only the process that sent it knows.

/** Runs a transaction that holds the job; throws if another worker has taken the job over. */
export type AsOwner = <T>(act: (sql: EntityManager) => Promise<T>) => Promise<T>

/** One sending of a registration: under which ids, and the how-manieth it is. */
export type Sending = { ownIds: RegistrationIds | null; number: number; at: Date }

/**
 * Keeps what DTTP answered at once: only this process knows it. Until the ids are saved in Register it counts as a
 * registration that nobody has settled; one that was settled otherwise meanwhile stays so, but the answer is kept, and
 * the bot reports it (alerts/sweeps). An answer that cannot be so if DTTP keeps to our ids is marked.
 */
export async function keepAnswer(world: World, job: Job, sending: Sending, ids: RegistrationIds): Promise<void> {
  await persist(() =>
    world.database.transaction(async (sql) => {
      const attempt = await sql.findOneOrFail(RegistrationAttempt, {
        where: { jobId: job.id },
        lock: { mode: 'pessimistic_write' },
      })
      const isAnother = attempt.answeredSending !== null && attempt.answeredSending !== sending.number
      const doubt = sending.ownIds && !isSame(ids, sending.ownIds) ? 'other-ids' : isAnother ? 'taken-twice' : null
      await sql.update(
        RegistrationAttempt,
        { jobId: job.id },
        { ids, answeredSending: sending.number, ...(doubt ? { doubt } : {}) },
      )
      await sql.update(RegistrationAttempt, { jobId: job.id, outcome: IsNull() }, { outcome: 'unknown' })
    }),
  )
}

/**
 * Keeps that this sending registered nobody; not if it was sent again since, as that may still do so. `noteWhy` is called
 * in the same transaction.
 */
export async function keepRefusal(
  world: World,
  job: Job,
  { number }: Sending,
  noteWhy: (sql: EntityManager) => Promise<unknown>,
): Promise<void> {
  await persist(() =>
    world.database.transaction(async (sql) => {
      if (!(await sql.existsBy(RegistrationAttempt, { jobId: job.id, sendings: number }))) return
      await settleAttempt(sql, job, 'not-sent', world.now())
      await noteWhy(sql)
    }),
  )
}

/**
 * Keeps that this sending was not sent after all, and may be later: the first counts as none. Throws JobFailed if another
 * worker has taken the job over.
 */
export async function takeBack(world: World, job: Job, asOwner: AsOwner, { number }: Sending): Promise<void> {
  await persist(() =>
    asOwner(async (sql) => {
      const isNone = number === 1
      const settled = await settleAttempt(sql, job, isNone ? 'not-sent' : 'unknown', world.now())
      if (settled && isNone) await sql.update(RegistrationAttempt, { jobId: job.id }, { sendings: 0 })
    }),
  )
}

/** Keeps that no answer came. */
export async function keepDoubt(world: World, job: Job): Promise<void> {
  await persist(() => settleAttempt(world.database.manager, job, 'unknown', world.now()))
}

/** Keeps what DTTP was found to have of a registration that it never answered, where that is not all of it. */
export async function keepPart(world: World, job: Job, ids: RegistrationIds): Promise<void> {
  await persist(() =>
    world.database.transaction(async (sql) => {
      await sql.update(RegistrationAttempt, { jobId: job.id }, { ids })
      await settleAttempt(sql, job, 'unknown', world.now())
    }),
  )
}

/** Keeps that DTTP is asked what has become of it. */
export async function noteAsked(world: World, job: Job): Promise<void> {
  await world.database.manager.increment(RegistrationAttempt, { jobId: job.id }, 'asked', 1)
}

/** Keeps that Register has the ids of what DTTP created; in the transaction that saves them. */
export async function keepRegistered(
  sql: EntityManager,
  job: Pick<Job, 'id'>,
  ids: RegistrationIds,
  now: Date,
): Promise<void> {
  await settleAttempt(sql, job, 'registered', now)
  await sql.update(RegistrationAttempt, { jobId: job.id, outcome: 'registered' }, { ids })
}

/** How a registration ended, as two people found out. Throws if it has ended meanwhile. */
export async function settleByPeople(
  sql: EntityManager,
  jobId: string,
  outcome: NonNullable<RegistrationAttempt['outcome']>,
  now: Date,
): Promise<void> {
  const settled = await settleAttempt(sql, { id: jobId }, outcome, now)
  if (!settled) throw new Error('the registration is no longer of unknown outcome')
}

/** How a registration ended. What is certain already stays, and the answer says so. */
export async function settleAttempt(
  sql: EntityManager,
  job: Pick<Job, 'id'>,
  outcome: NonNullable<RegistrationAttempt['outcome']>,
  now: Date,
): Promise<boolean> {
  const { affected } = await sql
    .createQueryBuilder()
    .update(RegistrationAttempt)
    .set({ outcome, settledAt: now, ...(outcome === 'unknown' ? {} : { sentAs: null }) })
    .where(`job_id = :id AND (outcome IS NULL OR outcome = 'unknown')`, { id: job.id })
    .updateEntity(false)
    .execute()
  return affected === 1
}

const TRIES = 15
const PAUSE_MS = 200

/** Tries for half a minute while the database is away. */
async function persist(write: () => Promise<unknown>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await retryConflicts(write)
      return
    } catch (error) {
      if (tried === TRIES || !mayPass(error)) throw error
      await sleep(tried * PAUSE_MS)
    }
  }
}
