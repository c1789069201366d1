// What should be the case of the trainee whom jobs are about. What a job comes to is read from the database, and must be
// something that is allowed: once in DTTP, and nothing written but what the jobs may write.
import { canonical, type Json } from '../../../src/entities/json.ts'
import { MINUTE, type Model, type ModelRequest, move, type StartsJobs, VERIFY_AGAIN_AFTER } from './model.ts'

type ModelJob = { id: string; name: string; status: string; request: string | null }

/** What the database and DTTP hold of the trainee, after a step. */
export type SeenOfJobs = {
  row: Record<string, Json>
  audits: number
  jobs: ModelJob[]
  /** The job of the registration that has not come to its end. */
  unsettled: string | null
  /** Requests, and where they stand. */
  statuses: ReadonlyMap<string, string>
  /** The trainee's records in DTTP now; and all that there ever were. */
  records: string[]
  ever: ReadonlySet<string>
}

const WAITING_FOR_TRN = 1
const TRN_RECEIVED = 2
const RESULT_WITHIN = 30 * MINUTE
const WRITTEN_BY_JOBS = ['trn', 'state', 'dttp_id', 'placement_assignment_dttp_id', 'dttp_update_sha', 'updated_at']
/** Rails writes these, and no registration sends them; or the jobs write them. */
const UNSENT = [...WRITTEN_BY_JOBS, 'region']

function traineeOf({ trainees }: Model) {
  const trainee = trainees.at(-1)
  if (!trainee) throw new Error('there is no trainee whom jobs are about')
  return trainee
}

/** Everything that the plan and the checks are made of. */
export function factsOfJobs(model: Model, starts: StartsJobs): string {
  const { row, audits } = traineeOf(model)
  const isThere = model.inDttp(row['dttp_id'])
  const common = [row['state'], row['trn'], row['dttp_id'], isThere].map((fact) => fact ?? null)
  if (starts === 'requeue-trn') return canonical([...common, model.isPolled])
  const assignment = row['placement_assignment_dttp_id'] ?? null
  return canonical([...common, assignment, model.inDttp(assignment), audits, told(model), registrationOf(model)])
}

/** What DTTP would be told by a registration. */
export function told(model: Model): string {
  const sent = Object.entries(traineeOf(model).row).filter(([column]) => !UNSENT.includes(column))
  return canonical(Object.fromEntries(sent))
}

const registrationOf = ({ registration }: Model) => registration && [registration.job, registration.isLive]

/** Whether the checks let nothing come of it, as things stand. */
export function areJobsBlocked(model: Model, starts: StartsJobs, replaces: boolean): boolean {
  const { row } = traineeOf(model)
  const isWaiting = row['state'] === WAITING_FOR_TRN && row['trn'] === null
  const isThere = model.inDttp(row['dttp_id'])
  if (starts === 'requeue-trn') return !isWaiting || !isThere || (model.isPolled && !replaces)
  return !isWaiting || isThere || (model.registration?.isLive ?? false)
}

/** Takes over what the jobs have come to; answers what of it must not be. */
export function adopt(model: Model, seen: SeenOfJobs, haveRun: boolean): string[] {
  const problems = [...(haveRun ? adoptRow(model, seen) : []), ...lookAtJobs(model, seen)]
  const registration = seen.jobs.find(({ name, status }) => name === 'register-for-trn' && isLive(status))
  const job = registration?.id ?? seen.unsettled
  model.registration = job ? { job, isLive: registration !== undefined } : null
  model.isPolled = seen.jobs.some(({ name, status }) => name === 'retrieve-trn' && isLive(status))
  return [...problems, ...adoptResults(model, seen)]
}

const isLive = (status: string) => status === 'waiting' || status === 'running'

function adoptRow(model: Model, { row: is, audits, ever }: SeenOfJobs): string[] {
  const trainee = traineeOf(model)
  const was = { ...trainee.row }
  for (const column of WRITTEN_BY_JOBS) trainee.row[column] = is[column] ?? null
  trainee.audits = audits
  const hasRecord = was['dttp_id'] === is['dttp_id'] || (was['dttp_id'] === null && ever.has(String(is['dttp_id'])))
  const hasState = was['state'] === is['state'] || (was['state'] === WAITING_FOR_TRN && is['state'] === TRN_RECEIVED)
  return [
    ...(hasRecord ? [] : [`a job put ${is['dttp_id']} in the place of ${was['dttp_id']}`]),
    ...(hasState ? [] : [`a job moved the state from ${was['state']} to ${is['state']}`]),
    ...(was['trn'] === null || was['trn'] === is['trn'] ? [] : ['a job wrote over a TRN']),
  ]
}

/** Each request that was carried out has started its jobs once, and DTTP has the trainee once. */
function lookAtJobs({ requests }: Model, { jobs, records, ever }: SeenOfJobs): string[] {
  const registering = requests.filter(({ starts, executedAt }) => starts === 're-register' && executedAt !== null)
  const of = (name: string, id: string) => jobs.filter((job) => job.name === name && job.request === id).length
  const polls = jobs.filter(({ name, status }) => name === 'retrieve-trn' && isLive(status)).length
  const wrong = requests.filter(
    (one) =>
      of('register-for-trn', one.id) !== (registering.includes(one) ? 1 : 0) ||
      of('change-trainee-status', one.id) > (registering.includes(one) ? 2 : 0),
  )
  return [
    ...wrong.map(({ id }) => `CR-${id}: its jobs were not started once`),
    ...(polls > 1 ? [`${polls} polls are under way`] : []),
    ...(records.length > 1 ? [`DTTP has the trainee ${records.length} times`] : []),
    ...(ever.size > registering.length ? [`${ever.size} records for ${registering.length} requests`] : []),
  ]
}

/** Jobs decide on what comes of a request. */
function adoptResults(model: Model, seen: SeenOfJobs): string[] {
  return model.requests.flatMap((request) => {
    const status = seen.statuses.get(request.id)
    if (!request.starts || request.status !== 'verifying' || status === 'verifying') return []
    if (status !== 'done' && status !== 'needs-attention') return [] // found by comparing
    move(request, status)
    const isRight = status === 'done' ? mayBeDone(model, request, seen) : mayNeedAttention(model, request, seen)
    return isRight ? [] : [`CR-${request.id}: it should not be ${status}`]
  })
}

function mayBeDone(model: Model, request: ModelRequest, { jobs, records }: SeenOfJobs): boolean {
  const own = jobs.filter((job) => job.request === request.id)
  const isOver = model.clock >= (request.executedAt ?? 0) + VERIFY_AGAIN_AFTER
  const isPolled = own.some(({ name, status }) => name === 'retrieve-trn' && status !== 'failed')
  const done = own.filter(({ status }) => status === 'done').map(({ name }) => name)
  const isRegistered =
    done.includes('register-for-trn') &&
    done.filter((name) => name === 'change-trainee-status').length === 2 &&
    records.includes(String(traineeOf(model).row['dttp_id']))
  return isOver && isPolled && (request.starts === 'requeue-trn' || isRegistered)
}

function mayNeedAttention({ clock }: Model, { id, isSpoilt, executedAt }: ModelRequest, { jobs }: SeenOfJobs): boolean {
  const hasFailed = jobs.some(({ request, status }) => request === id && status === 'failed')
  return isSpoilt || hasFailed || clock >= (executedAt ?? 0) + RESULT_WITHIN
}
