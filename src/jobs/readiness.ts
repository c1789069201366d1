import type { RegistrationRows, RouteRules } from '../dttp/payloads/rows.ts'
import type { Problem } from '../dttp/problems.ts'
import { findRegistrationRows, routeRules } from '../dttp/registration-rows.ts'
import type { Job } from '../entities/chatops/job.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { inSnapshot } from '../entities/snapshot.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { findState, stateLabel } from '../register/trainees/states.ts'
import type { World } from '../world.ts'

// Whether all that DTTP must be told of a trainee is there.

/** The trainee's rows as one snapshot saw them, and what their route asks for. Throws JobFailed if they are gone. */
export async function readTrainee(
  { database, register }: World,
  job: Job,
): Promise<{ rows: RegistrationRows; rules: RouteRules }> {
  const rows = await inSnapshot(database, (sql) => findRegistrationRows(sql, demandTrainee(job)))
  if (!rows) throw traineeGone()
  return { rows, rules: routeRules(rows.trainee, register) }
}

/** The trainee a job is for; ids begin at 1, so 0 finds nobody. */
export function demandTrainee({ traineeId }: Job): string {
  return traineeId ?? '0'
}

/** Throws JobFailed if anything is in the way: all of it in words, and the schools by URN. */
export function demandComplete(problems: readonly Problem[], rows: RegistrationRows): void {
  if (problems.length === 0) return
  const inactive = problems.filter(({ code }) => SCHOOL_OF[code] !== undefined)
  const words = `We sent nothing to DTTP. ${problems.map(({ message }) => message).join(' ')}`
  const code = inactive.length === problems.length ? 'school-not-active' : 'incomplete'
  throw new JobFailed(code, words, [...new Set(inactive.flatMap((problem) => urnsOf(problem, rows)))])
}

const SCHOOL_OF: Readonly<Partial<Record<Problem['code'], 'lead_school_id' | 'employing_school_id'>>> = {
  'lead-school-not-active-in-dttp': 'lead_school_id',
  'employing-school-not-active-in-dttp': 'employing_school_id',
}

function urnsOf({ code }: Problem, { trainee, schools }: RegistrationRows): string[] {
  const column = SCHOOL_OF[code]
  return column ? schools.filter(({ id }) => id === trainee[column]).map(({ urn }) => urn) : []
}

export function traineeGone(): JobFailed {
  return new JobFailed('trainee-gone', 'The trainee is no longer in Register.')
}

export function notRegistered(): JobFailed {
  return new JobFailed('not-registered', 'The trainee has no DTTP record yet, so we sent nothing.')
}

export function demandUnregistered({ dttp_id }: Trainee): void {
  if (dttp_id === null) return
  throw new JobFailed('already-registered', `The trainee has a DTTP record already (${dttp_id}), so we sent nothing.`)
}

/** Register’s own job does not ask. But two people have agreed to register a trainee who waits for a TRN, and no other. */
export function demandWaiting(trainee: Trainee): void {
  if (isWaiting(trainee)) return
  const { state, training_route: route, trn } = trainee
  const label = stateLabel(state, route)
  throw new JobFailed(
    'cannot-receive-trn',
    `The record is ${label} by now${trn === null ? '' : ', and has a TRN'}, so we sent nothing: it was approved while Pending TRN.`,
  )
}

export function isWaiting({ state, trn }: Pick<Trainee, 'state' | 'trn'>): boolean {
  return findState(state) === 'submitted_for_trn' && trn === null
}
