// What the support playbook and Register's own code did when a trainee was registered again, case by case, against ours.
import { startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { canonical, type Json } from '../../src/entities/json.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import type { ParityDatabase } from './kinds.ts'
import { knowReferences, loadRegistration } from './load-registration.ts'
import type { RecordedRows } from './register-for-trn.ts'

type Row = Record<string, Json>

export type ReRegisterCase = Omit<RecordedRows, 'trainee'> & {
  name: string
  now: string
  before: Row & { id: number }
  users: Row[]
  submission_audit: Row | null
  created_by_dttp_id: string | null
  after_fix: { changed: Row; audits: Row[]; enqueued: Row[] }
  after_registration: {
    changed: Row
    updated_at_touched: boolean
    audits: Row[]
    degrees: Record<string, string | null>
    enqueued: { job: string; arguments: Json[] }[]
  }
}

export function isReRegisterCase(value: unknown): value is ReRegisterCase {
  return typeof value === 'object' && value !== null && 'after_fix' in value && 'after_registration' in value
}

/** Runs one case, from the playbook to the end of the registration; returns what differs from Register, or nothing. */
export async function runReRegisterCase(database: ParityDatabase, wanted: ReRegisterCase): Promise<string[]> {
  const dttp = await startDttp(wanted)
  const now = () => new Date(wanted.now)
  const context = { ...database.context, now, upstreams: { ...database.context.upstreams, dttp: dttp.client } }
  try {
    await loadRegistration(database.admin, { ...rowsOf(wanted), audits: audits(wanted) })
    const recorded = await look(database, wanted)
    await fix(context, wanted)
    const before = await look(database, wanted)
    const { id } = await context.database.manager.findOneByOrFail(Job, { name: 'register-for-trn' })
    await runJob(context, jobRunner, id)
    const job = await context.database.manager.findOneByOrFail(Job, { id })
    const sent = dttp.simulator.requestsTo('$batch').length
    return [
      ...(await compareFix(database, wanted, recorded, before)),
      ...(job.status === 'done' ? [] : [`the job ended ${job.status}: ${job.failure?.words}`]),
      ...(sent === 1 ? [] : [`${sent} batches were sent`]),
      ...compare(wanted, before, await look(database, wanted)),
    ]
  } finally {
    await database.admin.query(`UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
    await dttp.stop()
  }
}

/** What the support playbook does in the console: ours asks, is approved, and is carried out. */
async function fix(context: World, { before }: ReRegisterCase): Promise<void> {
  const form = { subject: String(before['slug']), submitter: '', reason: 'Parity', ticket: '' }
  const request = await sendRequest(context, 're-register', form)
  await approveRequest(context, request)
  const execution = await execute(context, request.id)
  if (execution !== 'executed') throw new Error(`the request was ${execution}`)
}

/** Only the ids are empty, no audit is written, and `updated_at` has not moved; both jobs wait for their time. */
async function compareFix(
  { admin }: ParityDatabase,
  { after_fix: wanted }: ReRegisterCase,
  recorded: Seen,
  before: Seen,
): Promise<string[]> {
  const { rows } = await admin.query<{ row: Row }>(`
    SELECT jsonb_build_object('name', name, 'at', to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'submitted_by', args ->> 'submitted_by', 'timeout', (SELECT timeout_at FROM chatops.polls p WHERE p.job_id = j.id)) AS row
    FROM chatops.jobs j WHERE name IN ('register-for-trn', 'retrieve-trn') ORDER BY due_at`)
  const [register, retrieve] = wanted.enqueued as { at: string | null; arguments: string[] }[]
  const timeout = register && retrieve?.arguments[0]?.replace(/\.?0*Z$/, '')
  const jobs = rows.map(({ row }) => canonical(row))
  const expected: Row[] = [
    { name: 'register-for-trn', submitted_by: register?.arguments[0] ?? null, timeout: null },
    { name: 'retrieve-trn', submitted_by: null, timeout: timeout ?? null, at: retrieve?.at ?? null },
  ]
  return [
    ...difference('fixed trainee', { ...recorded.trainee, ...wanted.changed }, before.trainee),
    ...(before.audits.length === wanted.audits.length ? [] : [`the fix wrote ${before.audits.length} audits`]),
    ...expected.flatMap((job, index) => difference('job', job, only(Object.keys(job), rows[index]?.row))),
    ...(jobs.length === wanted.enqueued.length ? [] : [`${jobs.length} jobs: ${jobs.join(', ')}`]),
  ]
}

/** A strict DTTP whose answer gives the ids that Register's was recorded with: by the part's place in the batch. */
async function startDttp(wanted: ReRegisterCase) {
  const simulator = await startDttpSimulator({ takesEmptyReferences: true }) // as Register's did
  knowReferences(simulator, wanted, wanted.created_by_dttp_id)
  const { url: organisation, tokenUrl, clientId, clientSecret } = simulator
  const client = createDttpClient({ organisation, tokenUrl, clientId, clientSecret })
  simulator.faults.add({
    kind: 'rewritten',
    path: '$batch',
    rewrite: (reply) => ({ ...reply, body: inRecordedIds(reply.body) }),
  })
  const stop = async () => {
    client.close()
    await simulator.stop()
  }
  return { simulator, client, stop }
}

function inRecordedIds(body: string): string {
  const ids = [...new Set(body.match(/(?<=\()[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\))/g))]
  return ids.reduce(
    (text, id, place) => text.replaceAll(id, `aaaaaaaa-0000-4000-8000-${String(place).padStart(12, '0')}`),
    body,
  )
}

function rowsOf(wanted: ReRegisterCase): RecordedRows & { users: Row[] } {
  return { ...wanted, trainee: wanted.before }
}

function audits({ submission_audit }: ReRegisterCase): Row[] {
  return submission_audit ? [submission_audit] : []
}

type Seen = { trainee: Row; degrees: Record<string, Json>; audits: Row[]; jobs: Json[][] }

async function look({ admin }: ParityDatabase, { before, submission_audit }: ReRegisterCase): Promise<Seen> {
  const rows = async (query: string, ...values: unknown[]) =>
    (await admin.query<{ row: Row }>(query, values)).rows.map(({ row }) => row)
  const [trainee = {}] = await rows('SELECT to_jsonb(t) AS row FROM public.trainees t WHERE id = $1', before.id)
  const degrees = await rows('SELECT to_jsonb(d) AS row FROM public.degrees d ORDER BY id')
  const written = await rows(
    'SELECT to_jsonb(a) AS row FROM public.audits a WHERE id <> $1 ORDER BY id',
    submission_audit?.['id'] ?? 0,
  )
  const jobs = await rows(
    `SELECT args AS row FROM chatops.jobs WHERE name = 'change-trainee-status' AND trainee_id = $1
     ORDER BY args ->> 'entity'`,
    before.id,
  )
  return {
    trainee,
    degrees: Object.fromEntries(degrees.map(({ id, dttp_id = null }) => [String(id), dttp_id])),
    audits: written,
    jobs: jobs.map(({ status = null, entity = null }) => [status, entity]),
  }
}

function compare({ after_registration: wanted }: ReRegisterCase, before: Seen, after: Seen): string[] {
  const { updated_at } = after.trainee
  const touched = before.trainee['updated_at'] !== updated_at
  const written = after.audits.slice(before.audits.length)
  return [
    ...difference('trainee', { ...before.trainee, ...wanted.changed, updated_at: updated_at ?? null }, after.trainee),
    ...(touched === wanted.updated_at_touched ? [] : [`updated_at was ${touched ? '' : 'not '}touched`]),
    ...difference('degrees', wanted.degrees, after.degrees),
    ...(written.length === wanted.audits.length ? [] : [`${written.length} audits, not ${wanted.audits.length}`]),
    ...wanted.audits.flatMap((audit, index) => difference('audit', audit, only(Object.keys(audit), written[index]))),
    ...difference(
      'enqueued',
      wanted.enqueued.map((job) => job.arguments),
      after.jobs,
    ),
  ]
}

function only(keys: readonly string[], row: Row | undefined): Row {
  return Object.fromEntries(keys.map((key) => [key, row?.[key] ?? null]))
}

function difference(what: string, wanted: Row | Json[] | Seen, found: Row | Json[] | Seen): string[] {
  const [register, we] = [wanted as Row, found as Row]
  const shown = (value: Json | undefined) => (value === undefined ? 'nothing' : canonical(value))
  return [...new Set([...Object.keys(register), ...Object.keys(we)])]
    .filter((key) => shown(register[key]) !== shown(we[key]))
    .map((key) => `${what}.${key}: Register ${shown(register[key])}, we ${shown(we[key])}`)
}
