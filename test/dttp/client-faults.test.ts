// Each fault × each call: what came of it. docs/dttp-faults.md is this table; UPDATE_DOCS=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/dttp/index.ts'
import { DttpError } from '../../src/dttp/client/index.ts'
import { collect, type Dttp, PERSONAL, registration, startDttp, TRAINEE_ID } from './client-setup.ts'

const DOC = fileURLToPath(new URL('../../docs/dttp-faults.md', import.meta.url))

const READS = {
  findContact: ({ client, contact }: Dttp) => client.findContact(contact),
  findPlacementAssignment: ({ client, placementAssignment }: Dttp) =>
    client.findPlacementAssignment(placementAssignment),
  getTrn: ({ client, contact }: Dttp) => client.getTrn(contact),
  findContactsBy: ({ client }: Dttp) => client.findContactsBy({ traineeId: TRAINEE_ID }),
  findPlacementAssignmentsOf: ({ client, contact }: Dttp) => client.findPlacementAssignmentsOf(contact),
  findDegreeQualificationsOf: ({ client, contact }: Dttp) => client.findDegreeQualificationsOf(contact),
  findAccount: ({ client, school }: Dttp) => client.findAccount(school),
  accounts: ({ client }: Dttp) => collect(client.accounts(5000)),
}
const WRITES = {
  updateContact: (dttp: Dttp) => dttp.client.updateContact(dttp.contact, dttp.contactBody),
  updatePlacementAssignment: ({ client, placementAssignment }: Dttp) =>
    client.updatePlacementAssignment(placementAssignment, { dfe_traineeid: TRAINEE_ID }),
  createInBatch: (dttp: Dttp) => dttp.client.createInBatch(registration(dttp)),
}
const CALLS = { ...READS, ...WRITES }
type Call = keyof typeof CALLS

const always = Number.POSITIVE_INFINITY
const DTTP = /^(?!token)/

/** What goes wrong → the faults that make it so. */
const FAULTS: Record<string, Fault[] | 'nothing-listens'> = {
  'nothing goes wrong': [],
  '400 “Cannot find record to be updated”': [{ kind: 'cannot-find', path: DTTP }],
  '404 “Does Not Exist”': [{ kind: 'not-found', path: DTTP }],
  '412 “A record with matching key values already exists”': [{ kind: 'key-exists', path: DTTP }],
  '412 another version than named': [{ kind: 'version-differs', path: DTTP }],
  '403 missing privilege': [{ kind: 'refused', path: DTTP }],
  '401, once': [{ kind: 'unauthorised', path: DTTP }],
  '401, again and again': [{ kind: 'unauthorised', path: DTTP, times: always }],
  '429, wait 2 s': [{ kind: 'rate-limited', path: DTTP, retryAfter: '2' }],
  '429, wait 10 min': [{ kind: 'rate-limited', path: DTTP, retryAfter: '600' }],
  '500, once': [{ kind: 'server-error', path: DTTP }],
  '500, again and again': [{ kind: 'server-error', path: DTTP, times: always }],
  '500, though carried out': [{ kind: 'server-error', path: DTTP, performed: true }],
  '503, wait 2 s': [{ kind: 'server-error', path: DTTP, status: 503, retryAfter: '2' }],
  'nobody listens': 'nothing-listens',
  'connection lost, nothing done, once': [{ kind: 'lost-request', path: DTTP }],
  'answer lost after it was carried out, once': [{ kind: 'lost-answer', path: DTTP }],
  'answer cut off in the middle, once': [{ kind: 'cut-answer', path: DTTP }],
  'no answer in time, nothing done, again and again': [{ kind: 'hang', path: DTTP, times: always }],
  'no answer in time, though carried out': [{ kind: 'hang', path: DTTP, times: always, performed: true }],
  'slow, but in time': [{ kind: 'slow', path: DTTP, ms: 40 }],
  'an answer that cannot be read': [{ kind: 'garbled', path: DTTP }],
  'token: refused': [{ kind: 'unauthorised', path: 'token', times: always }],
  'token: 500, once': [{ kind: 'server-error', path: 'token' }],
  'token: 500, again and again': [{ kind: 'server-error', path: 'token', times: always }],
  'token: 429, wait 10 min': [{ kind: 'rate-limited', path: 'token', retryAfter: '600' }],
  'token: no answer in time': [{ kind: 'hang', path: 'token', times: always }],
  'token: cannot be read': [{ kind: 'garbled', path: 'token', times: always }],
}

type Seen = { outcome: string; sent: number; writes: number; error: DttpError | null; logged: string[]; secret: string }

const observations = new Map<string, Promise<Seen>>()

/** Runs the call under the fault, once per test run. */
function observe(fault: string, call: Call): Promise<Seen> {
  const key = `${fault} × ${call}`
  const seen = observations.get(key) ?? run(fault, call)
  observations.set(key, seen)
  return seen
}

/** Only what hangs is to run into a time-out, however slow the machine is. */
const PATIENT = { read: 30_000, write: 30_000, token: 30_000, page: 30_000 }

async function run(fault: string, call: Call): Promise<Seen> {
  const faults = FAULTS[fault] ?? []
  const hangs = typeof faults === 'object' && faults.some(({ kind }) => kind === 'hang')
  const dttp = await startDttp({}, hangs ? {} : { timeouts: PATIENT })
  const { simulator, logged } = dttp
  if (!fault.startsWith('token')) await dttp.client.getTrn(dttp.contact)
  simulator.forgetRequests()
  if (faults === 'nothing-listens') await simulator.stop()
  else for (const one of faults) simulator.faults.add(one)
  let error: DttpError | null = null
  let outcome = 'done'
  try {
    if ((await CALLS[call](dttp)) === null) outcome = 'null'
  } catch (thrown) {
    if (!(thrown instanceof DttpError)) throw thrown
    error = thrown
    outcome = thrown.kind
  }
  const toDttp = simulator.requests.filter(({ path }) => path !== 'token')
  const writes = toDttp.filter(({ wrote }) => wrote > 0).length
  if (faults !== 'nothing-listens') await dttp.stop()
  return { outcome, sent: toDttp.length, writes, error, logged, secret: dttp.given.clientSecret }
}

describe.each(Object.keys(FAULTS))('%s', (fault) => {
  beforeAll(() => Promise.all((Object.keys(CALLS) as Call[]).map((call) => observe(fault, call))))

  test.each(Object.keys(READS) as (keyof typeof READS)[])('%s asks a bounded number of times', async (call) => {
    const { outcome, sent, error } = await observe(fault, call)
    expect(sent).toBeLessThanOrEqual(3)
    expect(['done', 'null', 'gone', 'refused', 'unavailable', 'unauthorised', 'malformed']).toContain(outcome)
    if (error) expect(error.call).toBe(fault.startsWith('token') ? 'token' : call)
  })

  test.each(Object.keys(WRITES) as (keyof typeof WRITES)[])('%s never writes twice', async (call) => {
    const { outcome, sent, writes } = await observe(fault, call)
    expect(writes).toBeLessThanOrEqual(1)
    expect(sent).toBeLessThanOrEqual(fault.startsWith('401') ? 2 : 1)
    if (outcome === 'done') expect(writes).toBe(1)
    else if (outcome !== 'outcome-unknown') expect(writes, 'a known failure wrote nothing').toBe(0)
  })

  test.each(Object.keys(CALLS) as Call[])('%s tells nobody who the trainee is, nor our secret', async (call) => {
    const { error, logged, secret } = await observe(fault, call)
    const told = [error?.message, error?.stack, JSON.stringify(error), String(error?.cause), ...logged].join('\n')
    for (const word of [...PERSONAL, secret, 'simulated.']) expect(told).not.toContain(word)
  })
})

test('docs/dttp-faults.md says what was seen here', async () => {
  const rendered = [await table(Object.keys(READS) as Call[]), await table(Object.keys(WRITES) as Call[])]
  const doc = readFileSync(DOC, 'utf8')
  let at = 0
  const updated = doc.replace(
    /(<!-- observed -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin, end) => begin + rendered[at++] + end,
  )
  expect(at, 'tables in the page').toBe(2)
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOC, updated)
  else expect(doc, 'run this test with UPDATE_DOCS=1').toBe(updated)
})

async function table(calls: Call[]): Promise<string> {
  const lines = [`| what goes wrong | ${calls.join(' | ')} |`, `|---|${calls.map(() => '---|').join('')}`]
  for (const fault of Object.keys(FAULTS)) {
    const cells = await Promise.all(calls.map(async (call) => cell(await observe(fault, call), call in WRITES)))
    lines.push(`| ${fault} | ${cells.join(' | ')} |`)
  }
  return `${lines.join('\n')}\n`
}

function cell({ outcome, sent, writes }: Seen, isWrite: boolean): string {
  return isWrite ? `${outcome}; sent ${sent}, written ${writes}` : `${outcome}; sent ${sent}`
}
