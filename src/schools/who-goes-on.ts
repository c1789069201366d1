import { registrationProblems, updateProblems } from '../dttp/payloads/preflight.ts'
import type { RegistrationRows } from '../dttp/payloads/rows.ts'
import { routeRules } from '../dttp/registration-rows.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import type { SeenJob } from '../entities/chatops/seen-job.ts'
import type { DttpSchool } from '../entities/register/dttp-school.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { sentSchoolsOf } from '../register/schools/sent-schools.ts'
import { findState, stateLabel } from '../register/trainees/states.ts'
import type { RegisterSettings } from '../world.ts'
import { kindFor, type WaitingJob, type WaitingRows } from './who-waits.ts'

// Who waits for schools, and which of them can go on when these are repaired.

/** Someone who can go on: with the job that failed, or with a new one where none is on record. */
export type Freed = {
  trainee: Trainee
  kind: WaitingJob
  job: SeenJob | null
  submittedBy: string | null
  /** Whether nothing asks for the TRN that they wait for. */
  needsPoll: boolean
}

/** Someone who waits, and cannot go on. */
type LeftOut = { trainee: Trainee; words: string }

export type Sorted = {
  freed: Freed[]
  leftOut: LeftOut[]
  /** How many could go on, but not in this request. */
  later: number
}

/** How many trainees one request sets going. */
const MOST_FREED = 50

/** Schools that Register finds afterwards: their URNs, and the rows that would become active. */
export type AfterRepair = { urns: ReadonlySet<string>; repaired: readonly DttpSchool[] }

/** What decides who can go on. */
type Seen = AfterRepair & {
  /** The trainee whom the request names. */
  named: Trainee | null
  /** How many records DTTP has of each trainee without a job on record, by the trainee's number. */
  records: Readonly<Record<string, number>>
  register: RegisterSettings
}

/** Everybody who waits, by what can be done for them. Nobody can go on as long as a school is missing. */
export function sortWaiting(waiting: readonly WaitingRows[], seen: Seen): Sorted {
  const decisions = seen.urns.size === 0 ? [] : waiting.flatMap((rows) => decide(rows, seen) ?? [])
  const freed = decisions.filter((decision) => 'kind' in decision)
  return {
    freed: freed.slice(0, MOST_FREED),
    leftOut: decisions.filter((decision) => 'words' in decision),
    later: Math.max(0, freed.length - MOST_FREED),
  }
}

/** Null for someone who does not wait for one of these schools. */
function decide(rows: WaitingRows, seen: Seen): Freed | LeftOut | null {
  const { job, registration } = rows
  const { trainee } = registration
  const named = seen.named?.id === trainee.id
  const failedFor = job?.status === 'failed' ? (job.failure?.urns ?? []) : []
  // If the provider has chosen another school meanwhile, the trainee no longer waits for the one that the job failed
  // for.
  const hasFailed = failedFor.some((urn) => seen.urns.has(urn)) || (named && failedFor.length > 0)
  const isUnregistered = kindFor(trainee) === 'register-for-trn' && sends(registration, seen)
  const mustWait = seen.repaired.length > 0 && (named || isUnregistered)
  if (!hasFailed && !mustWait) return null
  const words = obstacleFor(rows, seen)
  if (words !== null) return { trainee, words }
  return {
    trainee,
    kind: kindFor(trainee),
    job: job?.status === 'failed' ? job : null,
    submittedBy: rows.submittedBy,
    needsPoll: findState(trainee.state) === 'submitted_for_trn' && trainee.trn === null && !rows.isPolled,
  }
}

/** Whether the trainee's route sends one of the schools. */
function sends({ trainee, schools }: RegistrationRows, { urns, register }: Seen): boolean {
  const ids = sentSchoolsOf(trainee, register).map(({ id }) => id)
  return schools.some(({ id, urn }) => ids.includes(id) && urns.has(urn))
}

/** Why a trainee cannot go on although the school is repaired, in words; null if they can. */
function obstacleFor(rows: WaitingRows, seen: Seen): string | null {
  const { job, registration } = rows
  const kind = kindFor(registration.trainee)
  if (job && isLive(job)) {
    return `${kind === 'update-trainee' ? 'An update' : 'A registration'} of this trainee is under way.`
  }
  if (rows.openRequest !== null) return `${rows.openRequest} is open for them. It decides first.`
  return (
    (kind === 'register-for-trn' ? obstacleToRegistration(rows, seen) : obstacleToUpdate(registration.trainee)) ??
    otherFailure(job) ??
    preflight(rows, seen)
  )
}

function obstacleToRegistration({ attempt, job, registration: { trainee } }: WaitingRows, seen: Seen): string | null {
  if ((attempt && attempt.outcome !== 'registered') || job?.failure?.code === 'outcome-unknown') {
    return 'A registration may already have been sent, so it is never retried: that could create a duplicate. It must be settled first.'
  }
  if (trainee.trn !== null) return 'They have a TRN already, so they are not registered.'
  if (findState(trainee.state) !== 'submitted_for_trn') {
    return `The record is ${stateLabel(trainee.state, trainee.training_route)}, so it is not registered.`
  }
  if (attempt || job?.status === 'done')
    return 'Their registration is done, but Register has no DTTP record of theirs. Ask a developer.'
  if (job) return null
  const records = seen.records[trainee.id]
  if (records === undefined) {
    return 'No failed job is on record, and we cannot tell whether DTTP has the trainee already. Ask a developer.'
  }
  if (records === 0) return null
  return 'No failed job is on record, and DTTP has a record with this trainee ID. Registering could create a duplicate. Ask a developer.'
}

function obstacleToUpdate(trainee: Trainee): string | null {
  const state = findState(trainee.state)
  if (state !== 'submitted_for_trn' && state !== 'trn_received') {
    return `The record is ${stateLabel(trainee.state, trainee.training_route)}, so it is not sent to DTTP again.`
  }
  return trainee.placement_assignment_dttp_id === null ? 'Register has no DTTP training record of theirs.' : null
}

function otherFailure(job: SeenJob | null): string | null {
  if (job?.status !== 'failed' || !job.failure) return null
  const { code, words } = job.failure
  return code === 'school-not-active' || code === 'incomplete'
    ? null
    : `Their last job failed for another reason. ${words}`
}

/** What a retry would still fail for, with the schools as they would be. */
function preflight({ registration, submittedBy }: WaitingRows, { repaired, register }: Seen): string | null {
  const ids = new Set(repaired.map(({ id }) => id))
  const dttpSchools = [...registration.dttpSchools.filter(({ id }) => !ids.has(id)), ...repaired]
  const rules = routeRules(registration.trainee, register)
  const rows = { ...registration, dttpSchools }
  const problems =
    kindFor(registration.trainee) === 'update-trainee'
      ? updateProblems(rows, rules)
      : registrationProblems(rows, rules, submittedBy)
  if (problems.length === 0) return null
  return `It would fail for another reason. ${problems.map(({ message }) => message).join(' ')}`
}
