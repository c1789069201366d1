// What one poll of Register's own Dttp::RetrieveTrnJob did, case by case, against our job on a real database.
import { startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { Poll } from '../../src/entities/chatops/poll.ts'
import { canonical, type Json } from '../../src/entities/json.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { startPoll } from '../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { emptyDatabase } from '../support/reset.ts'
import type { ParityDatabase } from './kinds.ts'

type Row = Record<string, Json>
type Enqueued = { job: string; at: string | null; timeout_after: string }

export type RetrieveTrnCase = {
  name: string
  now: string
  trainee: { state: number; trn: string | null; submitted_for_trn_at: string | null }
  dttp_trn: string | null
  timeout_after: string | null
  error?: { class: string; message: string }
  changed?: Row
  audits?: { action: string; audited_changes: Row; version: number }[]
  enqueued?: Enqueued[]
  message?: string | null
}

const ID = '7001'
const CONTACT = 'cccccccc-0000-4000-8000-000000007001'

export function isRetrieveTrnCase(value: unknown): value is RetrieveTrnCase {
  return typeof value === 'object' && value !== null && 'dttp_trn' in value && 'timeout_after' in value
}

/** Runs one case; returns what differs from Register, in words, or nothing. */
export async function runRetrieveTrnCase(database: ParityDatabase, wanted: RetrieveTrnCase): Promise<string[]> {
  const dttp = await startDttp(wanted)
  const now = () => new Date(wanted.now)
  const context = { ...database.context, now, upstreams: { ...database.context.upstreams, dttp: dttp.client } }
  try {
    await loadTrainee(database, wanted)
    const job = await startPollOf(context, wanted)
    const before = await look(database)
    await runJob(context, jobRunner, job)
    return compare(wanted, before, await look(database))
  } finally {
    await dttp.stop()
  }
}

function compare(wanted: RetrieveTrnCase, before: Look, after: Look): string[] {
  if (wanted.error) {
    const outcome = `${after.job.status} ${after.job.failure?.code}`
    return [
      ...(outcome === 'failed cannot-receive-trn'
        ? []
        : [`Register raised ${wanted.error.class}; we ended ${outcome}`]),
      ...difference('trainee', before.trainee, after.trainee),
      ...difference('audits', [], after.audits),
      ...difference('poll', before.poll, after.poll),
    ]
  }
  return [
    ...difference('changed', wanted.changed, changesBetween(before.trainee, after.trainee)),
    ...difference('audits', wanted.audits, after.audits),
    ...difference('enqueued', wanted.enqueued?.map(normalise), enqueued(wanted, after)),
    ...difference('message', wanted.message?.replace('<id>', ID) ?? null, messageOf(after.job)),
  ]
}

async function startDttp({ dttp_trn }: RetrieveTrnCase) {
  const simulator = await startDttpSimulator()
  simulator.state.add('contacts', { id: CONTACT, dfe_trn: dttp_trn })
  const { url: organisation, tokenUrl, clientId, clientSecret } = simulator
  const client = createDttpClient({ organisation, tokenUrl, clientId, clientSecret })
  return {
    client,
    async stop() {
      client.close()
      await simulator.stop()
    },
  }
}

async function loadTrainee({ admin }: ParityDatabase, { trainee }: RetrieveTrnCase): Promise<void> {
  await emptyDatabase(admin)
  const provider = { id: 1, name: 'Provider', dttp_id: 'bbbbbbbb-0000-4000-8000-000000000001', code: 'A1' }
  const row = {
    ...{ id: Number(ID), slug: 'ParityTrainee', provider_id: 1, training_route: 0, dttp_id: CONTACT, progress: {} },
    ...{ first_names: 'Ada', last_name: 'Example', updated_at: '2021-10-20T09:15:27.123456', ...trainee },
  }
  for (const [table, values] of Object.entries({ providers: provider, trainees: row })) {
    const stamped = { created_at: '2021-10-20T09:15:27.123456', updated_at: '2021-10-20T09:15:27.123456', ...values }
    const columns = Object.keys(stamped).join(', ')
    await admin.query(
      `INSERT INTO public.${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::public.${table}, $1)`,
      [JSON.stringify(stamped)],
    )
  }
}

function startPollOf({ database, now }: World, wanted: RetrieveTrnCase): Promise<string> {
  const timeoutAt = wanted.timeout_after?.replace(/Z$/, '') ?? null
  return database.transaction((sql) => startPoll(sql, { trainee: ID, timeoutAt, dueAt: now(), changeRequest: null }))
}

type Look = { trainee: Row; audits: RetrieveTrnCase['audits']; job: Job; poll: Poll }

async function look({ admin, context: { database } }: ParityDatabase): Promise<Look> {
  const { rows: trainees } = await admin.query<{ row: Row }>(
    'SELECT to_jsonb(trainee) AS row FROM public.trainees trainee',
  )
  const { rows: audits } = await admin.query<{ action: string; audited_changes: Row; version: number }>(
    'SELECT action, audited_changes, version FROM public.audits ORDER BY version',
  )
  const poll = await database.manager.findOneByOrFail(Poll, { traineeId: ID })
  const jobs = await database.manager.find(Job)
  const [job] = jobs
  if (!job || jobs.length > 1) throw new Error(`there are ${jobs.length} jobs`)
  return { trainee: trainees[0]?.row ?? {}, audits, job, poll }
}

function changesBetween(before: Row, { updated_at: _, ...after }: Row): Row {
  return Object.fromEntries(
    Object.entries(after).filter(([column, value]) => canonical(value) !== canonical(before[column])),
  )
}

/** What Register adds another job for, ours does by waiting for its next time. */
function enqueued({ now }: RetrieveTrnCase, { job, poll }: Look): Enqueued[] {
  if (job.status !== 'waiting') return []
  const at = job.dueAt.getTime() === Date.parse(now) ? null : job.dueAt.toISOString().replace('.000', '')
  return [normalise({ job: 'Dttp::RetrieveTrnJob', at, timeout_after: String(poll.timeoutAt) })]
}

function messageOf({ status, failure }: Job): string | null {
  return status === 'failed' ? (failure?.words ?? '') : null
}

/** Times without the zeros at their end, and with the zone they are all in. */
function normalise(one: Enqueued): Enqueued {
  const time = one.timeout_after.replace(/Z$/, '')
  return { ...one, timeout_after: `${time.includes('.') ? time.replace(/\.?0+$/, '') : time}Z` }
}

function difference(what: string, wanted: unknown, ours: unknown): string[] {
  const [register, we] = [wanted, ours].map((value) => canonical(JSON.parse(JSON.stringify(value ?? null))))
  return register === we ? [] : [`${what}: Register ${register}, we ${we}`]
}
