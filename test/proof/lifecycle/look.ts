// What must hold after every step, whatever happened in it.
import { canonical, type Json } from '../../../src/entities/json.ts'
import { verifyLedger } from '../../../src/ledger/verify.ts'
import { adopt, type SeenOfJobs } from './job-model.ts'
import { isAudited, leavesSteps, type Model, type ModelRequest } from './model.ts'
import { hashOthers, JOBS_TRAINEE, type Stage } from './stage.ts'

type Found = {
  id: string
  status: string
  card_version: number
  audits: number
  /** Whether the card is drawn as the request is, or a message will do so that is not sent yet. */
  shown: boolean
  steps: number
  hints: number
  agreed: boolean
  history: string[]
}

const REQUESTS = `
  SELECT request.id, request.status, request.card_version,
    (SELECT count(*)::int FROM public.audits WHERE comment LIKE 'CR-' || request.id || ':%') AS audits,
    request.card_version = request.rendered_version OR EXISTS (SELECT FROM chatops.outbox
      WHERE change_request_id = request.id AND kind = 'card' AND status IN ('queued', 'sending')) AS shown,
    (SELECT count(*)::int FROM chatops.outbox WHERE change_request_id = request.id AND kind = 'hint') AS hints,
    (SELECT count(*)::int FROM chatops.outbox
      WHERE change_request_id = request.id AND payload ->> 'part' = 'steps') AS steps,
    request.decided_by IS DISTINCT FROM request.requester AND EXISTS (
      SELECT FROM chatops.reviews review JOIN chatops.ledger entry
        ON entry.change_request_id = review.change_request_id AND entry.event = 'approved'
      WHERE review.change_request_id = request.id AND review.slack_user = request.decided_by
        AND review.digest = request.digest AND entry.actor = request.decided_by
        AND entry.details ->> 'digest' = request.digest AND entry.details ->> 'viewId' = review.view_id) AS agreed,
    (SELECT coalesce(array_agg(event ORDER BY seq), '{}') FROM chatops.ledger
      WHERE change_request_id = request.id
        AND event NOT IN ('review-opened', 'refused', 'verified', 'step-done', 'step-needless')) AS history
  FROM chatops.change_requests request ORDER BY request.id`

/** Throws an error that says what does not hold. */
export async function look(model: Model, stage: Stage): Promise<void> {
  const problems = [
    ...adopt(model, await seeJobs(stage), stage.haveJobsRun),
    ...(await lookAtRows(model, stage)),
    ...(await lookAtRequests(model, stage)),
    ...(await lookAtLedger(stage)),
  ]
  stage.haveJobsRun = false
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

const JOBS = `
  SELECT to_jsonb(t) AS row, (SELECT count(*)::int FROM public.audits WHERE auditable_id = t.id) AS audits,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'status', status, 'request', change_request_id::text)
       ORDER BY created_at, id), '[]') FROM chatops.jobs WHERE trainee_id = t.id) AS jobs,
    (SELECT job_id FROM chatops.registration_attempts
      WHERE trainee_id = t.id AND coalesce(outcome, 'unknown') = 'unknown' LIMIT 1) AS unsettled,
    (SELECT coalesce(jsonb_object_agg(id, status), '{}') FROM chatops.change_requests) AS statuses
  FROM public.trainees t WHERE id = $1`

async function seeJobs({ admin, recordsNow, recordsEver }: Stage): Promise<SeenOfJobs> {
  const { rows } = await admin.query(JOBS, [JOBS_TRAINEE])
  const [{ statuses, ...seen }] = rows
  return { ...seen, statuses: new Map(Object.entries(statuses)), records: recordsNow(), ever: recordsEver() }
}

/** Rows are as the model has them, in every column. A save of ours moves `updated_at`, and nothing else does. */
async function lookAtRows(model: Model, { admin, others }: Stage): Promise<string[]> {
  const problems: string[] = []
  for (const trainee of model.trainees) {
    const { rows } = await admin.query<{ row: Record<string, Json>; audits: number }>(
      `SELECT to_jsonb(t) AS row, (SELECT count(*)::int FROM audits WHERE auditable_id = t.id) AS audits
       FROM trainees t WHERE slug = $1`,
      [trainee.slug],
    )
    const [is] = rows
    trainee.row['updated_at'] ??= is?.row['updated_at'] ?? 'gone'
    const columns = Object.keys(trainee.row).filter(
      (column) => canonical(is?.row[column] ?? null) !== canonical(trainee.row[column] ?? null),
    )
    if (columns.length > 0) problems.push(`${trainee.slug}: ${columns.join(', ')} should not be as they are`)
    if (is?.audits !== trainee.audits) problems.push(`${trainee.slug}: ${is?.audits} audits, not ${trainee.audits}`)
  }
  if ((await hashOthers(admin)) !== others) problems.push('a row was written that no plan names')
  return problems
}

async function lookAtRequests(model: Model, { admin }: Stage): Promise<string[]> {
  const { rows } = await admin.query<Found>(REQUESTS)
  if (rows.length !== model.requests.length) return [`${rows.length} requests, not ${model.requests.length}`]
  return model.requests.flatMap((request) => {
    const is = rows.find(({ id }) => id === request.id)
    return is ? compare(request, is) : [`CR-${request.id} is gone`]
  })
}

function compare(request: ModelRequest, is: Found): string[] {
  const isExecuted = request.executedAt !== null
  const expected: Record<string, [found: unknown, expected: unknown]> = {
    status: [is.status, request.status],
    ledger: [is.history.join(' '), request.history.join(' ')],
    audits: [is.audits, isExecuted && isAudited(request) ? 1 : 0],
    'told what is left to do': [is.steps, isExecuted && leavesSteps(request) ? 1 : 0],
    'the card is drawn, or will be': [is.shown, true],
    'two people agreed': [is.agreed, request.approver !== null],
    'hinted when approved': [is.hints > 0, request.approver !== null],
    'card told of each step': [is.card_version >= request.announced, true],
  }
  return Object.entries(expected)
    .filter(([, [found, wanted]]) => found !== wanted)
    .map(([what, [found, wanted]]) => `CR-${request.id}: ${what}: ${found}, not ${wanted}`)
}

async function lookAtLedger({ world }: Stage): Promise<string[]> {
  const { broken } = await verifyLedger(world.database)
  return broken ? [`the ledger is broken at ${broken.seq}: ${broken.why}`] : []
}
