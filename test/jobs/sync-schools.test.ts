import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/dttp/index.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { type Dttp, startDttp } from '../dttp/client-setup.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'
import { useWorld } from '../support/world.ts'
import {
  ALL,
  addSchools,
  addSync,
  failAtPage,
  getJob,
  PAGE,
  schoolsInDttp,
  schoolsInRegister,
} from './schools-setup.ts'

const AGAIN_AND_AGAIN = 3
const LONG_AGO = '2020-01-01T09:15:27.123456'

const use = useWorld()
let dttp: Dttp
let context: World
let logged: Record<string, unknown>[]

beforeEach(async () => {
  await emptyDatabase(use.admin)
  dttp = await startDttp({}, { timeouts: { read: 400, write: 400, token: 2_000, page: 2_000 } }) // 5000 rows take a while on a busy machine
  logged = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  context = { ...use.world, upstreams: { dttp: dttp.client }, now: dttp.now, log, schoolsPerPage: PAGE }
})

afterEach(() => dttp.stop())

test('all schools of DTTP are copied, 5000 a page, and no providers', async () => {
  addSchools(dttp.simulator, 10_000)
  context = { ...context, schoolsPerPage: 5000 }
  const job = await sync()
  expect(job).toMatchObject({ status: 'done', failure: null, result: { rows: 10_001, pages: 3, inserted: 10_001 } })
  expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
  const preferred = dttp.simulator.requestsTo('accounts').map(({ headers }) => headers['prefer'])
  expect(preferred).toEqual(Array(3).fill('odata.maxpagesize=5000'))
})

test('how far it has come can be seen in the job and in the log', async () => {
  addSchools(dttp.simulator, 2 * PAGE)
  failAtPage(dttp.simulator, 3, { kind: 'garbled' })
  const { progress } = await sync()
  const far = { pages: 2, rows: 2 * PAGE, inserted: 2 * PAGE, updated: 0 }
  expect(progress).toMatchObject({
    ...far,
    startedAt: dttp.now().toISOString(),
    next: expect.stringContaining('accounts'),
  })
  const lines = logged.filter(({ msg }) => msg === 'page of schools written')
  expect(lines).toMatchObject([{ pages: 1, rows: PAGE }, far])
})

test('a second synchronisation writes what has changed, and deletes nothing', async () => {
  const { state } = dttp.simulator
  const [renamed = '', closed = '', gone = ''] = addSchools(dttp.simulator, 20)
  await sync()
  await asAdmin(`UPDATE public.dttp_schools SET created_at = '${LONG_AGO}', updated_at = '${LONG_AGO}'`)
  state.change('accounts', renamed, { name: 'Renamed' })
  state.change('accounts', closed, { statuscode: 300000002 })
  state.delete('accounts', gone)
  const added = state.add('accounts', { name: 'New', statuscode: 300000007 })
  expect(await sync()).toMatchObject({ status: 'done', result: { rows: 21, pages: 1, inserted: 1, updated: 2 } })
  const now = await schoolsInRegister(context)
  expect(now.filter(({ dttp_id }) => dttp_id !== gone)).toEqual(schoolsInDttp(dttp.simulator))
  expect(now).toHaveLength(22)
  expect(await idsWhere(`updated_at <> '${LONG_AGO}'`)).toEqual([renamed, closed, added].sort())
  expect(await idsWhere(`created_at <> '${LONG_AGO}'`)).toEqual([added])
})

test('with Register’s flag off it says so, and asks for nothing', async () => {
  const isEnabled = (flag: string) => flag !== 'sync_from_dttp'
  const off = { ...context, register: { ...context.register, isEnabled } }
  const id = await addSync(off)
  expect(await runJob(off, jobRunner, id)).toBeNull()
  expect(await getJob(off, id)).toMatchObject({
    status: 'failed',
    failure: { code: 'switched-off', words: expect.stringContaining('sync_from_dttp is off') },
  })
  expect(dttp.simulator.requests).toEqual([])
})

describe('a page that fails is asked for again, and nothing before it', () => {
  test.each<[string, string, Fault]>([
    ['500, again and again', 'dttp-unavailable', { kind: 'server-error', times: AGAIN_AND_AGAIN }],
    ['no answer in time, again and again', 'dttp-unavailable', { kind: 'hang', times: AGAIN_AND_AGAIN }],
    ['a lost connection, again and again', 'dttp-unavailable', { kind: 'lost-request', times: AGAIN_AND_AGAIN }],
    ['an answer cut off, again and again', 'dttp-unavailable', { kind: 'cut-answer', times: AGAIN_AND_AGAIN }],
    ['being asked to wait too long', 'dttp-unavailable', { kind: 'rate-limited', retryAfter: '600' }],
    ['an answer that cannot be read', 'dttp-unreadable', { kind: 'garbled' }],
    ['a token that is not accepted', 'dttp-unauthorised', { kind: 'unauthorised', times: 2 }],
    ['one school without an id', 'dttp-unreadable', rewriteLast({ accountid: null })],
    ['a status that no integer column holds', 'dttp-unreadable', rewriteLast({ statuscode: 3_000_000_007 })],
    ['a name that no text column holds', 'dttp-unreadable', rewriteLast({ name: 'A\u0000' })],
  ])('%s', async (_, code, fault) => {
    addSchools(dttp.simulator, 2 * PAGE)
    failAtPage(dttp.simulator, 3, fault)
    const { id, ...job } = await sync()
    expect(job).toMatchObject({ status: 'waiting', attempts: 1, failure: { code }, progress: { pages: 2 } })
    expect(await schoolsInRegister(context)).toHaveLength(2 * PAGE)
    dttp.simulator.forgetRequests()
    await runAgain(id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(1)
  })

  test('a fault that passes at once is not even seen', async () => {
    addSchools(dttp.simulator, 2 * PAGE)
    failAtPage(dttp.simulator, 2, { kind: 'rate-limited', retryAfter: '2' })
    for (const kind of ['cut-answer', 'slow', 'lost-answer'] as const) {
      dttp.simulator.faults.add({ kind, ms: 0, path: 'accounts' })
    }
    expect(await sync()).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
  })

  test('each page has attempts of its own', async () => {
    addSchools(dttp.simulator, 2 * PAGE)
    for (const _ of [1, 2, 3]) dttp.simulator.faults.add({ kind: 'garbled', path: 'accounts' })
    failAtPage(dttp.simulator, 2, { kind: 'garbled' })
    const { id } = await sync()
    const attempts: number[] = [(await getJob(context, id)).attempts]
    for (const _ of [1, 2, 3]) {
      await runAgain(id)
      attempts.push((await getJob(context, id)).attempts)
    }
    expect(attempts).toEqual([1, 2, 3, 1])
    await runAgain(id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { pages: 3 } })
  })
})

describe('a link that has become stale', () => {
  beforeEach(() => void addSchools(dttp.simulator, 2 * PAGE))

  test('makes it start over, and all schools are copied', async () => {
    failAtPage(dttp.simulator, 2, staleLink())
    const job = await sync()
    expect(job).toMatchObject({ status: 'done', progress: { startedOver: true } })
    expect(job.result).toEqual({ rows: ALL, pages: 3, inserted: ALL, updated: 0 })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
  })

  test('makes it start over once, and then it fails', async () => {
    dttp.simulator.faults.add({ ...staleLink(), path: 'accounts', times: Number.POSITIVE_INFINITY })
    expect(await sync()).toMatchObject({ status: 'failed', failure: { code: 'dttp-refused' }, progress: { pages: 1 } })
    expect(await schoolsInRegister(context)).toHaveLength(PAGE)
  })

  test('makes it start over once in all its attempts', async () => {
    failAtPage(dttp.simulator, 1, staleLink())
    failAtPage(dttp.simulator, 3, { kind: 'garbled' })
    const { id, ...job } = await sync()
    expect(job).toMatchObject({ status: 'waiting', progress: { pages: 1, startedOver: true } })
    dttp.simulator.faults.add({ ...staleLink(), path: 'accounts' })
    await runAgain(id)
    expect(await getJob(context, id)).toMatchObject({ status: 'failed', failure: { code: 'dttp-refused' } })
  })

  test('is not followed to an organisation that we used to ask', async () => {
    failAtPage(dttp.simulator, 2, { kind: 'garbled' })
    const { id } = await sync()
    await asAdmin(
      `UPDATE chatops.jobs SET progress = jsonb_set(progress, '{next}', '"https://old.example/api/data/v9.1/accounts"')
       WHERE id = '${id}'`,
    )
    await runAgain(id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
  })

  test('is something else than a first page that is refused', async () => {
    dttp.simulator.faults.add({ kind: 'cannot-find', path: 'accounts' })
    expect(await sync()).toMatchObject({ status: 'failed', failure: { code: 'dttp-refused' }, progress: null })
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(1)
  })
})

test('of a school that comes twice in a page the last counts', async () => {
  const id = dttp.school
  dttp.simulator.faults.add(
    rewrite(({ value }) => ({ value: [...value, { accountid: id.toUpperCase(), name: 'Last', statuscode: 2 }] })),
  )
  expect(await sync()).toMatchObject({ status: 'done', result: { rows: 2, inserted: 1 } })
  expect(await schoolsInRegister(context)).toEqual([{ dttp_id: id, name: 'Last', urn: null, status_code: 2 }])
})

test('a page without schools is no end', async () => {
  addSchools(dttp.simulator, PAGE)
  dttp.simulator.faults.add(rewrite((page) => ({ ...page, value: [] })))
  expect(await sync()).toMatchObject({ status: 'done', result: { rows: 1, pages: 2 } })
})

test('links that lead in a circle are followed a thousand times', async () => {
  addSchools(dttp.simulator, PAGE)
  failAtPage(dttp.simulator, 2, { kind: 'garbled' })
  const { id } = await sync()
  await asAdmin(`UPDATE chatops.jobs SET progress = jsonb_set(progress, '{pages}', '1000') WHERE id = '${id}'`)
  await runAgain(id)
  expect(await getJob(context, id)).toMatchObject({ status: 'waiting', failure: { code: 'dttp-unreadable' } })
  expect(await schoolsInRegister(context)).toHaveLength(PAGE)
})

describe('when its worker', () => {
  beforeEach(() => void addSchools(dttp.simulator, 2 * PAGE))

  test('dies between two pages, another goes on with the next', async () => {
    const settings = { upstreams: { dttp: dttp.client }, now: dttp.now, schoolsPerPage: PAGE }
    const doomed = await createLifecycle(use.scratch.appUrl, settings)
    failAtPage(dttp.simulator, 3, { kind: 'slow', ms: 1_500 })
    const id = await addSync(context)
    const running = runJob(doomed, jobRunner, id)
    await expect.poll(() => dttp.simulator.requestsTo('accounts').length).toBe(3)
    await Promise.all([doomed.database.destroy(), expect(running).rejects.toThrow()])
    expect(await getJob(context, id)).toMatchObject({ status: 'running', progress: { pages: 2 } })
    dttp.simulator.forgetRequests()
    await endLease(id)
    await runJob(context, jobRunner, id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(1)
  })

  test('dies after the last page, another has nothing left to ask', async () => {
    const { id } = await sync()
    await asAdmin(
      `UPDATE chatops.jobs SET status = 'running', lease_until = now(), result = NULL, finished_at = NULL WHERE id = '${id}'`,
    )
    dttp.simulator.forgetRequests()
    await runJob(context, jobRunner, id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(dttp.simulator.requests).toEqual([])
  })

  test('was only slow, it writes nothing once another has taken over', async () => {
    const patient = clientWithTimeout(20_000)
    failAtPage(dttp.simulator, 2, { kind: 'slow', ms: 1_500 })
    const id = await addSync(context)
    const slow = runJob({ ...context, upstreams: { dttp: patient } }, jobRunner, id)
    await expect.poll(() => dttp.simulator.requestsTo('accounts').length).toBe(2)
    await endLease(id)
    await runJob(context, jobRunner, id)
    await asAdmin(`UPDATE public.dttp_schools SET name = 'Meanwhile'`)
    expect(await slow).toBeNull()
    expect(await getJob(context, id)).toMatchObject({ status: 'done', run: 2, result: { rows: ALL, pages: 3 } })
    expect(new Set((await schoolsInRegister(context)).map(({ name }) => name))).toEqual(new Set(['Meanwhile']))
    patient.close()
  })

  test('is asked to stop, the page under way is written and the job put back', async () => {
    const stopping = AbortSignal.abort()
    const id = await addSync(context)
    expect(await runJob({ ...context, stopping }, jobRunner, id)).toEqual(context.now())
    expect(await getJob(context, id)).toMatchObject({ status: 'waiting', failure: null, progress: { pages: 1 } })
    expect(await schoolsInRegister(context)).toHaveLength(PAGE)
    await runJob(context, jobRunner, id)
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL, pages: 3 } })
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(3)
  })

  test('is asked to stop at the last page, the job is done', async () => {
    failAtPage(dttp.simulator, 3, { kind: 'garbled' })
    const { id } = await sync()
    await runAgain(id, { ...context, stopping: AbortSignal.abort() })
    expect(await getJob(context, id)).toMatchObject({ status: 'done', result: { pages: 3 } })
  })
})

test('two workers at once ask for each page once', async () => {
  addSchools(dttp.simulator, PAGE)
  const id = await addSync(context)
  await Promise.all([1, 2].map(() => runJob(context, jobRunner, id)))
  expect(await getJob(context, id)).toMatchObject({ status: 'done', run: 1, result: { rows: PAGE + 1, pages: 2 } })
  expect(dttp.simulator.requestsTo('accounts')).toHaveLength(2)
})

/** One attempt at a new job. */
async function sync() {
  const id = await addSync(context)
  await runJob(context, jobRunner, id)
  return getJob(context, id)
}

/** Another attempt, when it is due. */
async function runAgain(id: string, worker = context): Promise<void> {
  dttp.clock.time = (await getJob(context, id)).dueAt.getTime()
  await runJob(worker, jobRunner, id)
}

function clientWithTimeout(page: number) {
  return createDttpClient({ ...dttp.given, timeouts: { ...dttp.given.timeouts, page } })
}

type Answer = { value: Record<string, unknown>[]; '@odata.nextLink'?: string }

function rewrite(change: (answer: Answer) => Answer): Fault {
  return {
    kind: 'rewritten',
    path: 'accounts',
    rewrite: (reply) => ({ ...reply, body: JSON.stringify(change(JSON.parse(reply.body) as Answer)) }),
  }
}

/** The last school of the page is different. */
function rewriteLast(columns: Record<string, unknown>): Fault {
  return rewrite((answer) => ({
    ...answer,
    value: [...answer.value.slice(0, -1), { ...answer.value.at(-1), ...columns }],
  }))
}

/** The page comes with a link whose cookie DTTP will refuse. */
function staleLink(): Fault {
  return rewrite((answer) => ({
    ...answer,
    ...(answer['@odata.nextLink'] && { '@odata.nextLink': answer['@odata.nextLink'].replace('pagenumber', 'page') }),
  }))
}

/** As if its worker had not been heard of for a minute. */
async function endLease(id: string): Promise<void> {
  await asAdmin(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE id = '${id}'`)
}

async function idsWhere(condition: string): Promise<string[]> {
  const rows = await context.database.query<{ dttp_id: string }[]>(
    `SELECT dttp_id FROM public.dttp_schools WHERE ${condition} ORDER BY dttp_id COLLATE "C"`,
  )
  return rows.map(({ dttp_id }) => dttp_id)
}

async function asAdmin(statement: string): Promise<void> {
  await use.admin.query(statement)
}
