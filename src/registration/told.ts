import { createHash } from 'node:crypto'
import { type EntityManager, In } from 'typeorm'
import * as z from 'zod'
import type { Effect, Told } from '../contract/effect.ts'
import { type Plan, startsAfterRemoval, type Update } from '../contract/plan.ts'
import { preflight } from '../dttp/payloads/preflight.ts'
import { type Registration, registration } from '../dttp/payloads/registration.ts'
import type { RegistrationRows, RouteRules } from '../dttp/payloads/rows.ts'
import { findRegistrationRowsOfAll, routeRules } from '../dttp/registration-rows.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { canonical } from '../entities/json.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { rowAfter } from '../register/saves/rules.ts'
import { readFingerprint } from '../sidekiq/job.ts'

// What DTTP will be told by the registrations that a plan starts. A body is built only when it is sent; so that nobody
// approves one thing and sends another, its hash is part of the plan, and is looked at again before it is sent.

/** What DTTP is told of a trainee at a registration; a body that cannot be built is known by what it lacks. */
export function hashOf(rows: RegistrationRows, rules: RouteRules, submittedBy: string | null): string {
  const problems = preflight(rows, rules, submittedBy)
  return problems.length > 0 ? hash({ problems }) : hashOfBatch(registration(rows, rules, submittedBy, new Date(0)))
}

/** The same of a batch before ids are chosen for its records. The time of sending is not part of it. */
export function hashOfBatch({ parts }: Registration): string {
  return hash(
    parts.map(({ contentId, entity, body: { dfe_trnassessmentdate: _sentAt, ...body } }) => [contentId, entity, body]),
  )
}

function hash(told: unknown): string {
  return createHash('sha256').update(canonical(told)).digest('hex')
}

/**
 * The plan, in which each registration of our own worker says what DTTP will be told once the plan is carried out. What
 * Register's Sidekiq registers is sent as it is then: nothing is said of it, and nothing promised.
 * @param registersHere whether our own workers run registrations
 */
export async function withTold(
  sql: EntityManager,
  plan: Plan,
  features: RegisterFeatures,
  registersHere: boolean,
): Promise<Plan> {
  const isTold = (effect: Effect): effect is Registering =>
    isRegistration(effect) && isRunHere(plan, effect, registersHere)
  const registering = plan.effects.filter(isTold)
  if (registering.length === 0) return plan
  const submitters = await readSubmitters(sql, registering)
  const ids = registering.map(traineeIn)
  const rows = await findRegistrationRowsOfAll(sql, ids, (trainee) => asLeft(plan, 'trainees', trainee))
  const schools = await findSchoolsAsLeft(sql, plan)
  const told = (effect: Registering): Told => {
    const read = rows.find(({ trainee }) => trainee.id === traineeIn(effect))
    if (!read) return { slug: null, hash: hash(null), shows: {} }
    const left = { ...read, degrees: read.degrees.map((degree) => asLeft(plan, 'degrees', degree)), ...schools(read) }
    const rules = routeRules(left.trainee, features)
    return {
      slug: left.trainee.slug,
      hash: hashOf(left, rules, submitters(effect)),
      shows: whatDecides(left, rules),
    }
  }
  const effects = plan.effects.map((effect) => (isTold(effect) ? { ...effect, told: told(effect) } : effect))
  return { ...plan, effects }
}

/** The registrations of which DTTP would be told something else: their trainees, and the columns that can be named. */
export function findMovedTold(before: Plan, after: Plan): MovedTold {
  const now = new Map(after.effects.filter(isRegistration).map((effect) => [traineeIn(effect), effect.told]))
  const moved = before.effects.filter(isRegistration).flatMap((effect) => {
    const [was, is] = [effect.told, now.get(traineeIn(effect))]
    return canonical(was ?? null) === canonical(is ?? null) ? [] : [{ trainee: traineeIn(effect), was, is }]
  })
  const columns = moved.flatMap(({ was, is }) =>
    Object.keys({ ...was?.shows, ...is?.shows }).filter(
      (column) => canonical(was?.shows[column] ?? null) !== canonical(is?.shows[column] ?? null),
    ),
  )
  return { trainees: moved.map(({ trainee }) => trainee), columns: [...new Set(columns)] }
}

export type MovedTold = { trainees: string[]; columns: string[] }

type Registering = Extract<Effect, { kind: 'enqueue'; job: 'register-for-trn' }> | Extract<Effect, { kind: 'retry' }>

/** Whether a plan has anyone registered. */
export function registersAnyone({ effects }: Plan): boolean {
  return effects.some(isRegistration)
}

/** A job of Register's that is run again stays there; what waits until a failed one is taken out of there is ours. */
function isRunHere(plan: Plan, effect: Registering, registersHere: boolean): boolean {
  if (effect.kind === 'retry') return readFingerprint(effect.fingerprint) === null
  return registersHere || startsAfterRemoval(plan, traineeIn(effect))
}

function isRegistration(effect: Effect): effect is Registering {
  return (effect.kind === 'enqueue' || effect.kind === 'retry') && effect.job === 'register-for-trn'
}

function traineeIn(effect: Registering): string {
  return effect.kind === 'retry' ? effect.trainee : effect.args.trainee
}

const argsOfJob = z.object({ submitted_by: z.string().nullable().catch(null) })

/** On whose behalf each is sent: as planned, or as the failed job had it. */
async function readSubmitters(sql: EntityManager, effects: readonly Registering[]) {
  const jobs = effects.flatMap((effect) => (effect.kind === 'retry' ? [effect.jobId] : []))
  const found = await sql.findBy(SeenJob, { id: In(jobs) })
  return (effect: Registering): string | null => {
    if (effect.kind === 'enqueue') return effect.args.submitted_by
    return argsOfJob.parse(found.find(({ id }) => id === effect.jobId)?.args ?? {}).submitted_by
  }
}

/** A row as the plan leaves it. */
function asLeft<Row extends { id: string }>({ updates }: Plan, table: Update['table'], row: Row): Row {
  const update = updates.find((one) => one.table === table && one.id === row.id)
  return update ? rowAfter(row, update.changes) : row
}

/** Greater than any row's id: what a plan adds comes last. */
const LAST_ID = 2n ** 63n - 1n

/** The rows of DTTP's schools as the plan leaves them, also those that it gives another URN, and those that it adds. */
async function findSchoolsAsLeft(sql: EntityManager, plan: Plan) {
  const ids = plan.updates.flatMap(({ table, id }) => (table === 'dttp_schools' ? [id] : []))
  const updated = (await sql.findBy(DttpSchool, { id: In(ids) })).map((row) => asLeft(plan, 'dttp_schools', row))
  const added = plan.inserts.map(({ values }, index) =>
    Object.assign(new DttpSchool(), { id: String(LAST_ID - BigInt(index)), urn: null, status_code: null, ...values }),
  )
  return ({ dttpSchools }: RegistrationRows) => ({
    dttpSchools: [...dttpSchools.filter(({ id }) => !ids.includes(id)), ...updated, ...added],
  })
}

const SHOWN = [
  'training_route',
  'course_subject_one',
  'course_subject_two',
  'course_subject_three',
  'course_min_age',
  'course_max_age',
  'course_start_date',
  'course_end_date',
  'commencement_date',
  'study_mode',
  'training_initiative',
  'applying_for_bursary',
  'bursary_tier',
  'applying_for_scholarship',
  'applying_for_grant',
  'ebacc',
] as const satisfies (keyof Trainee)[]

/** What the approver sees of it, by column: what decides the registration, and nothing that is about the person. */
function whatDecides({ trainee, provider, schools }: RegistrationRows, rules: RouteRules): Told['shows'] {
  const sent = rules.schools.flatMap((which) => {
    const school = schools.find(({ id }) => id === trainee[`${which}_school_id`])
    return school ? [[`${which}_school`, `${school.name} (URN ${school.urn})`] as const] : []
  })
  const columns = SHOWN.flatMap((column) => {
    const value = trainee[column]
    return value === null || value === '' ? [] : [[column, value] as const]
  })
  return Object.fromEntries([['provider', provider.name ?? ''], ...columns, ...sent])
}
