import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { holdBrakeOff } from '../brake/brake.ts'
import { formatDateTime } from '../calendar/london.ts'
import { traineeIdInDttp } from '../dttp/payloads/contact.ts'
import { preflight } from '../dttp/payloads/preflight.ts'
import { type Registration, registration } from '../dttp/payloads/registration.ts'
import { findRegistrationRows, routeRules } from '../dttp/registration-rows.ts'
import type { Job } from '../entities/chatops/job.ts'
import { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { lockTrainee } from '../register/saves/save.ts'
import { keepDoubt, noteAsked } from '../registration/answers.ts'
import { askedUntil, firstAsked, gaveUpAsking, nextAsked } from '../registration/asking.ts'
import { findLast, openAttempt, reopenAttempt, resumeAttempt, type Sent, unanswered } from '../registration/attempts.ts'
import { usesOwnIds } from '../registration/own-ids.ts'
import { hashOf, hashOfBatch } from '../registration/told.ts'
import type { World } from '../world.ts'
import { demandSwitchedOn, readArgs } from './job.ts'
import {
  demandComplete,
  demandTrainee,
  demandUnregistered,
  demandWaiting,
  readTrainee,
  traineeGone,
} from './readiness.ts'
import { askedAgain, demandNoneMissing, findAlone, NotAlone } from './registration/alone.ts'
import { isBacked, NotBacked } from './registration/backed.ts'
import { saveRegistration } from './registration/save.ts'
import { findSeconds, secondRecord } from './registration/second.ts'
import { type Came, demandWhole, lookForOwn, sendRegistration } from './registration/send.ts'
import { forgetSilence, noteSilence, type SilentSystem } from './registration/silence.ts'
import { reaching } from './registration/steps.ts'
import { ownerOf } from './run/leases.ts'
import type { Finish } from './run/run-job.ts'

/**
 * Who submitted the trainee for a TRN, by their DTTP id; and, where people approved it, the hash of what DTTP is told
 * (registration/told).
 */
const args = z.strictObject({
  submitted_by: z.guid().nullable(),
  approved: z.string().optional(),
  /** A failed job of Register's that was to go first was no longer where two people had seen it. */
  withheld: z.boolean().optional(),
  /** How many others had been taken out by then. */
  taken: z.number().optional(),
})

/**
 * Registers a trainee with DTTP (Register's Dttp::RegisterForTrnJob): contact, placement assignment and degrees in one
 * batch, then their ids in Register, then two status changes. Register's own job, run twice, registers twice; ours
 * chooses the ids, which DTTP takes once. Where DTTP does not answer, it is asked by them, and is sent the same again
 * if it has nothing. Without ids of ours the batch is sent once, and then only people can tell.
 */
export async function registerForTrn(world: World, job: Job): Promise<Finish> {
  const reach = reaching(world, job)
  await reach('begun')
  const left = await resumeAttempt(world, job, ownerOf(world, job))
  const came = left ? await goOn(world, job, left) : await register(world, job)
  if (came.kind === 'unknown') return askLater(world, job, came.from)
  await reach('kept')
  const others = await findSeconds(world, job, came.ids)
  return async (sql, held) => {
    const ending = await saveRegistration(world, sql, held, came.ids)
    const warns = await secondRecord(sql, held, { ids: came.ids, others, now: world.now() })
    return warns && ending.kind === 'done'
      ? { ...ending, warns, result: { ...ending.result, second: warns.words } }
      : ending
  }
}

const REMOVED_BY_OTHERS =
  'The failed registration in Register’s Sidekiq was no longer where it was when this was approved: somebody has had ' +
  'it run again, or deleted it. We sent nothing.'

function takenWords(taken: number): string {
  if (taken === 0) return ''
  return ` We had taken out ${taken === 1 ? 'another failed one' : `${taken} other failed ones`} of this trainee before, which Sidekiq cannot run again any more.`
}

async function register(world: World, job: Job): Promise<Came> {
  const reach = reaching(world, job)
  const { batch, sent } = await prepare(world, job)
  const gone = await findGone(world, job)
  await reach('read')
  if (!(await isBacked(world, job))) return wait(world, job, 'slack')
  const alone = await findAlone(world, job)
  if (!alone) return wait(world, job, 'sidekiq')
  await forgetSilence(world, job)
  const sending = await openAttempt(world, job, ownerOf(world, job), sent, gone, (sql) =>
    demandReady(world, sql, job, batch),
  )
  await reach('noted')
  return sendRegistration(world, job, batch, { ...sending, alone })
}

/** Nothing was sent so far. */
async function wait(world: World, job: Job, silent: SilentSystem): Promise<Came> {
  await noteSilence(world, job, silent)
  return { kind: 'unknown', from: askedAgain(world) }
}

/** An earlier run has left DTTP's answer, which is only to be saved; or a registration that DTTP can be asked about. */
async function goOn(world: World, job: Job, left: RegistrationAttempt): Promise<Came> {
  if (left.ids) return { kind: 'answered', ids: demandWhole(left.ids, left.ownIds) }
  const from = firstAsked(world, left)
  if (world.now() < from) return { kind: 'unknown', from }
  await noteAsked(world, job)
  const found = await lookForOwn(world, job, left.ownIds)
  await reaching(world, job)('asked')
  if (found.kind !== 'nothing') return found
  const { manager } = world.database
  if (!(await usesOwnIds(world, manager))) throw unanswered(left.sentAt)
  if (world.now() >= (await askedUntil(manager, job))) return { kind: 'unknown' }
  return sendAgain(world, job).catch(async (error: unknown) => {
    if (!(error instanceof NotAlone || error instanceof NotBacked)) throw error
    await keepDoubt(world, job)
    throw error instanceof NotBacked ? lostBacking(left.sentAt) : besideTheirs(left.sentAt)
  })
}

function besideTheirs(sentAt: Date): JobFailed {
  return new JobFailed(
    'outcome-unknown',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply, so it may have worked. Register’s own ` +
      'Sidekiq has a registration of the trainee as well by now, so we do not send ours again. A developer needs to check ' +
      'what DTTP holds.',
  )
}

function lostBacking(sentAt: Date): JobFailed {
  return new JobFailed(
    'unanswered',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply, and DTTP does not have it. Whoever approved it may ` +
      'no longer approve requests, so we do not send it again. You can register the trainee again: it cannot be registered twice.',
  )
}

/** It repeats what two people have approved, if all of that is still so. */
async function sendAgain(world: World, job: Job): Promise<Came> {
  const { batch, sent } = await prepare(world, job)
  const alone = (await isBacked(world, job)) && (await findAlone(world, job))
  if (!alone) return { kind: 'unknown', from: askedAgain(world) }
  const sending = await reopenAttempt(world, job, ownerOf(world, job), sent, (sql) =>
    demandReady(world, sql, job, batch),
  )
  await reaching(world, job)('noted')
  return sendRegistration(world, job, batch, { ...sending, alone })
}

/** What is to be sent, from the rows as they are. Throws JobFailed where something stands in the way. */
async function prepare(world: World, job: Job): Promise<{ batch: Registration; sent: Sent }> {
  demandSwitchedOn(world, 'persist_to_dttp')
  const { submitted_by: submittedBy, withheld, taken = 0 } = readArgs(args, job)
  if (withheld) throw new JobFailed('not-as-approved', `${REMOVED_BY_OTHERS}${takenWords(taken)}`)
  const { rows, rules } = await readTrainee(world, job)
  demandUnregistered(rows.trainee)
  demandComplete(preflight(rows, rules, submittedBy), rows)
  const batch = registration(rows, rules, submittedBy, world.now())
  const sentAs = { traineeId: traineeIdInDttp(rows.trainee), provider: rows.provider.dttp_id ?? '' }
  return { batch, sent: { traineeId: demandTrainee(job), degrees: rows.degrees.map(({ id }) => id), sentAs } }
}

/** Looked at under lock, in the transaction that puts the sending on record. */
async function demandReady(world: World, sql: EntityManager, job: Job, batch: Registration): Promise<void> {
  await holdBrakeOff(world, sql)
  const trainee = await lockTrainee(sql, demandTrainee(job))
  if (!trainee) throw traineeGone()
  demandUnregistered(trainee)
  if (job.changeRequestId !== null) demandWaiting(trainee)
  await demandNoneMissing(world, sql, job)
  await demandApproved(world, sql, job, batch)
}

/** Both what is about to be sent, and what Register holds by now, must be what people approved. */
async function demandApproved({ register }: World, sql: EntityManager, job: Job, batch: Registration): Promise<void> {
  const { submitted_by: submittedBy, approved } = readArgs(args, job)
  if (approved === undefined) return
  const rows = await findRegistrationRows(sql, demandTrainee(job))
  if (!rows) throw traineeGone()
  const now = hashOf(rows, routeRules(rows.trainee, register), submittedBy)
  if (now === approved && hashOfBatch(batch) === approved) return
  throw new JobFailed(
    'not-as-approved',
    'What DTTP would be told of the trainee has changed since it was approved, so we did not send it.',
  )
}

/**
 * The trainee's last registration, by its job, if it was registered and DTTP no longer has its record. Throws JobFailed
 * if it has the record and this registration would not take its ids over: then it would create a second one.
 */
async function findGone(world: World, job: Job): Promise<string | null> {
  const { manager } = world.database
  const last = await findLast(manager, demandTrainee(job))
  const takesOver = await usesOwnIds(world, manager)
  if (!last?.ownIds || (takesOver && last.outcome !== 'registered')) return null
  const { contact } = last.ownIds
  if (!(await world.upstreams.dttp.findContact(contact))) return last.outcome === 'registered' ? last.jobId : null
  if (takesOver) return null
  throw new JobFailed(
    'already-registered',
    `DTTP has record ${contact}, which an earlier registration of the trainee created. This one would create a second, ` +
      'so it sent nothing. A developer needs to look.',
  )
}

/** Puts the job back until DTTP is asked (again). Throws JobFailed once that has gone on for long enough. */
function askLater(world: World, job: Job, from: Date | undefined): Finish {
  return async (sql) => {
    if (from) return { kind: 'again', at: from, tells: true }
    const attempt = await sql.findOneByOrFail(RegistrationAttempt, { jobId: job.id })
    const until = await askedUntil(sql, job)
    const at = nextAsked(world, attempt, until)
    if (!at) throw gaveUpAsking(attempt, world.now())
    return { kind: 'again', at, tells: true }
  }
}
