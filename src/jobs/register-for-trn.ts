import { type EntityManager, In } from 'typeorm'
import * as z from 'zod'
import { DttpError } from '../dttp/client/index.ts'
import { traineeIdInDttp } from '../dttp/payloads/contact.ts'
import { preflight } from '../dttp/payloads/preflight.ts'
import { type Registration, registration } from '../dttp/payloads/registration.ts'
import { STATUS_AFTER_REGISTRATION } from '../dttp/statuses.ts'
import type { Job } from '../entities/chatops/job.ts'
import type { RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { Degree } from '../entities/register/degree.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { lockTrainee, saveDegreeDttpId, saveTrainee } from '../register/saves.ts'
import { findState, stateLabel } from '../register/states.ts'
import {
  type AsOwner,
  keepAnswer,
  keepDoubt,
  keepRefusal,
  openAttempt,
  resumeAttempt,
  settleAttempt,
  unanswered,
} from '../registration/attempts.ts'
import type { World } from '../world.ts'
import { STATUS_ENTITIES } from './change-trainee-status.ts'
import { enqueueJob } from './enqueue.ts'
import { failureOf } from './failures.ts'
import { commentOf, demandSwitchedOn } from './job.ts'
import { asOwner } from './leases.ts'
import { demandComplete, readTrainee, traineeGone, traineeOf } from './readiness.ts'
import type { Ending, Finish } from './run-job.ts'

/** The points between which a registration can be interrupted. */
export type RegistrationStep = 'begun' | 'read' | 'noted' | 'answered' | 'kept' | 'locked' | 'saved'

/** Who submitted the trainee for a TRN, by their DTTP id. */
const args = z.strictObject({ submitted_by: z.guid().nullable() })

/**
 * Registers a trainee with DTTP (Register's Dttp::RegisterForTrnJob): contact, placement assignment and degrees in one
 * batch, then their ids in Register, then two status changes. The batch is sent once and never again: Register's own
 * job, run twice, registers twice.
 */
export async function registerForTrn(world: World, job: Job): Promise<Finish> {
  const reach = stepsOf(world, job)
  await reach('begun')
  const ids = (await resumeAttempt(world, job, ownerOf(world, job))) ?? (await register(world, job))
  await reach('kept')
  return (sql, held) => save(world, sql, held, ids)
}

async function register(world: World, job: Job): Promise<RegistrationIds> {
  const reach = stepsOf(world, job)
  demandSwitchedOn(world, 'persist_to_dttp')
  const { submitted_by: submittedBy } = args.parse(job.args)
  const { rows, rules } = await readTrainee(world, job)
  demandUnregistered(rows.trainee)
  demandComplete(preflight(rows, rules, submittedBy), rows)
  const now = world.now()
  const batch = registration(rows, rules, submittedBy, now)
  await reach('read')
  const sentAs = { traineeId: traineeIdInDttp(rows.trainee), provider: rows.provider.dttp_id ?? '' }
  await openAttempt(world, job, ownerOf(world, job), { traineeId: traineeOf(job), sentAs }, async (sql) => {
    const trainee = await lockTrainee(sql, traineeOf(job))
    if (!trainee) throw traineeGone()
    demandUnregistered(trainee)
    if (job.changeRequestId !== null) demandWaiting(trainee)
  })
  await reach('noted')
  const ids = await send(world, job, batch, now)
  await reach('answered')
  await keepAnswer(world, job, ids)
  return ids
}

/** Sends the batch. If it fails, that is put on record before the error is thrown. */
async function send(
  world: World,
  job: Job,
  { parts, contentIds }: Registration,
  sentAt: Date,
): Promise<RegistrationIds> {
  try {
    const created = await world.upstreams.dttp.createInBatch(parts)
    return {
      contact: idOf(created, contentIds.contact),
      placementAssignment: idOf(created, contentIds.placementAssignment),
      degrees: Object.fromEntries(
        Object.entries(contentIds.degrees).map(([degree, contentId]) => [degree, idOf(created, contentId)]),
      ),
    }
  } catch (error) {
    if (error instanceof DttpError && error.kind !== 'outcome-unknown') {
      await keepRefusal(world, job, failureOf(error, world.now()))
      throw error
    }
    await keepDoubt(world, job)
    throw unanswered(sentAt)
  }
}

function idOf(created: ReadonlyMap<string, string>, contentId: string): string {
  const id = created.get(contentId)
  if (id === undefined) throw new Error('DTTP gave no id for a part')
  return id
}

/** Writes the ids as Register does, under lock, each row with its audit, and asks for the two status changes. */
async function save(world: World, sql: EntityManager, job: Job, ids: RegistrationIds): Promise<Ending> {
  const reach = stepsOf(world, job)
  const { contact, placementAssignment } = ids
  const trainee = await lockTrainee(sql, traineeOf(job))
  if (!trainee) throw traineeGone()
  if (trainee.dttp_id !== null && trainee.dttp_id !== contact) throw registeredMeanwhile(ids)
  await reach('locked')
  const assigned = { dttp_id: contact, placement_assignment_dttp_id: placementAssignment }
  await saveTrainee(sql, trainee, assigned, commentOf(job))
  for (const degree of await lockDegrees(sql, trainee, Object.keys(ids.degrees))) {
    await saveDegreeDttpId(sql, degree, ids.degrees[degree.id] ?? '', commentOf(job))
  }
  await settleAttempt(sql, job, 'registered', world.now())
  for (const entity of STATUS_ENTITIES) {
    const status = { status: STATUS_AFTER_REGISTRATION, entity }
    const { traineeId, changeRequestId: changeRequest } = job
    const dueAt = world.now()
    await enqueueJob(sql, { name: 'change-trainee-status', trainee: traineeId, args: status, dueAt, changeRequest })
  }
  await reach('saved')
  return { kind: 'done', result: { contact, placementAssignment }, news: { kind: 'done' } }
}

/** The degrees that were sent, as far as they are still there. */
function lockDegrees(sql: EntityManager, { id }: Trainee, degrees: readonly string[]): Promise<Degree[]> {
  return sql
    .createQueryBuilder(Degree, 'degree')
    .where({ trainee_id: id, id: In(degrees) })
    .orderBy('degree.id')
    .setLock('for_no_key_update')
    .getMany()
}

function demandUnregistered({ dttp_id }: Trainee): void {
  if (dttp_id === null) return
  throw new JobFailed('already-registered', `The trainee has a DTTP record already (${dttp_id}), so we sent nothing.`)
}

/**
 * Throws if the trainee does not wait for a TRN any more. Register's own job does not look at that, but a request was
 * approved for a trainee who waits.
 */
function demandWaiting({ state, training_route: route, trn }: Trainee): void {
  if (findState(state) === 'submitted_for_trn' && trn === null) return
  const label = stateLabel(state, route)
  throw new JobFailed(
    'cannot-receive-trn',
    `The record is ${label} by now${trn === null ? '' : ', and has a TRN'}, so we sent nothing: it was approved while Pending TRN.`,
  )
}

function registeredMeanwhile({ contact, placementAssignment }: RegistrationIds): JobFailed {
  return new JobFailed(
    'already-registered',
    'DTTP registered the trainee, but meanwhile Register was given another DTTP record for them, which we have not ' +
      `replaced. DTTP now holds two. Ours are contact ${contact} and placement assignment ${placementAssignment}. ` +
      'A developer needs to decide which to keep.',
  )
}

function ownerOf(world: World, job: Job): AsOwner {
  return (act) => asOwner(world, job, act)
}

function stepsOf({ onJobStep }: World, { id }: Job) {
  return async (step: RegistrationStep): Promise<void> => onJobStep?.(step, id)
}
