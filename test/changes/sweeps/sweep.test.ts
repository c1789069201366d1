import { In } from 'typeorm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import { approve, cancel } from '../../../src/changes/decide/decide.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { propose } from '../../../src/changes/propose/propose.ts'
import { getRequest } from '../../../src/changes/requests.ts'
import { createDriftSweep } from '../../../src/changes/sweeps/drift.ts'
import { expireRequests, hintAgain, purge, verifyDue } from '../../../src/changes/sweeps/sweep.ts'
import { LedgerEntry } from '../../../src/entities/chatops/ledger-entry.ts'
import { OutboxRow } from '../../../src/entities/chatops/outbox-row.ts'
import { verifyLedger } from '../../../src/ledger/verify.ts'
import { getPlaybook } from '../../../src/playbooks/index.ts'
import type { World } from '../../../src/world.ts'
import { countQueries } from '../../bench/count-queries.ts'
import { approveRequest, CHANNEL, createLifecycle, DEVELOPER, SUPPORT, sendRequest } from '../../support/lifecycle.ts'
import { resetToDemo } from '../../support/reset.ts'
import { useWorld } from '../../support/world.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR
const RETENTION = 90 * DAY
const ID = '5901'
const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Wrong route', ticket: '' }

const settings = { now: () => new Date(clock), verifyAgainAfter: 60 * SECOND }
const use = useWorld({}, () => settings)
let other: World
let clock: number

beforeAll(async () => {
  other = await createLifecycle(use.scratch.appUrl, settings)
})

beforeEach(async () => {
  clock = Date.now()
  await withClient(use.scratch.adminUrl, resetToDemo)
  await asAdmin('UPDATE chatops.change_requests SET form = NULL, plan = NULL, checks = NULL')
})

afterAll(() => other.database.destroy())

describe('a request that nobody approves', () => {
  test('expires when its time is over, and not before', async () => {
    const { id } = await send()
    clock += DAY - 1
    expect(await expireRequests(use.world)).toBe(0)
    expect(await statusOf(id)).toBe('pending')
    clock += 1
    expect(await expireRequests(use.world)).toBe(1)
    expect(await statusOf(id)).toBe('expired')
    expect(await lastEventOf(id)).toMatchObject({ event: 'expired', actor: 'chatops' })
    expect(await outboxOf(id)).toEqual(['card', 'outcome'])
  })

  test('cannot be approved after its time, also if no sweeper came by', async () => {
    const request = await send()
    clock += DAY
    await expect(approveRequest(use.world, request)).rejects.toMatchObject({ code: 'expired' })
    const asked = { id: request.id, actor: DEVELOPER, digest: request.digest, viewId: 'V1' }
    await expect(approve(use.world, asked)).rejects.toMatchObject({ code: 'expired' })
  })

  test('lets go of its rows, so that someone else may ask', async () => {
    await send()
    clock += DAY
    await expireRequests(use.world)
    expect((await send()).status).toBe('pending')
  })

  test('does not expire once approved', async () => {
    const request = await send()
    await approveRequest(use.world, request)
    clock += 30 * DAY
    expect(await expireRequests(use.world)).toBe(0)
    expect(await statusOf(request.id)).toBe('approved')
  })
})

test('a request that was never sent is dropped after a day, without a word in the channel', async () => {
  const { id } = await preview()
  clock += DAY - 1
  expect(await expireRequests(use.world)).toBe(0)
  clock += 1
  expect(await expireRequests(use.world)).toBe(1)
  expect(await statusOf(id)).toBe('expired')
  expect(await outboxOf(id)).toEqual([])
})

test('a request that is drawn up anew, with the same answers, is kept for a day from then', async () => {
  const { id } = await preview({ isAgain: true })
  clock += DAY - HOUR
  expect(await preview({ isAgain: true })).toMatchObject({ id, answeredAt: new Date(clock) })
  clock += 2 * HOUR
  expect(await expireRequests(use.world)).toBe(0)
  expect(await statusOf(id)).toBe('unsent')
  clock += DAY
  expect(await expireRequests(use.world)).toBe(1)
})

test('one that is drawn up anew for another channel is another request', async () => {
  const { id } = await preview({ isAgain: true, channel: 'C02OTHER' })
  const anew = await preview({ isAgain: true })
  expect(anew).toMatchObject({ channel: CHANNEL })
  expect(anew.id).not.toBe(id)
})

test('a request whose answers are being changed at its last moment is kept', async () => {
  const { id } = await preview()
  clock += DAY
  await withClient(use.scratch.adminUrl, async (owner) => {
    await owner.query('BEGIN')
    await owner.query('SELECT FROM chatops.change_requests WHERE id = $1 FOR UPDATE', [id])
    const swept = expireRequests(use.world)
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await expect.poll(async () => (await owner.query(waiting)).rowCount).toBe(1)
    await owner.query('UPDATE chatops.change_requests SET answered_at = $2 WHERE id = $1', [id, new Date(clock)])
    await owner.query('COMMIT')
    await swept
  })
  expect(await statusOf(id)).toBe('unsent')
})

describe('an approved request that nobody carries out', () => {
  test('is hinted at again after 30 seconds, and then every 30 seconds', async () => {
    const request = await send()
    await approveRequest(use.world, request)
    expect(await hintsFor(request.id)).toBe(1)
    clock += 30 * SECOND - 1
    expect(await hintAgain(use.world)).toBe(0)
    clock += 1
    expect(await hintAgain(use.world)).toBe(1)
    expect(await hintAgain(use.world)).toBe(0)
    expect(await hintsFor(request.id)).toBe(1) // it waits still, as it does while Redis is away
    for (const hints of [2, 3]) {
      await sendHints()
      clock += 30 * SECOND
      expect(await hintAgain(use.world)).toBe(1)
      expect(await hintsFor(request.id)).toBe(hints)
    }
  })

  test('is not hinted at once it was carried out', async () => {
    const request = await send()
    await approveRequest(use.world, request)
    await execute(use.world, request.id)
    clock += HOUR
    expect(await hintAgain(use.world)).toBe(0)
  })
})

describe('a record that moves while its request waits', () => {
  test('is looked for without reading or locking requests whose rows are where they were', async () => {
    await send()
    const sweep = createDriftSweep(use.world)
    await sweep()
    const counter = countQueries()
    try {
      expect(await sweep()).toBe(0)
      expect(counter.texts().filter((text) => /FOR (NO KEY )?UPDATE|"plan"/.test(text))).toEqual([])
      expect(counter.read().statements).toBe(3)
    } finally {
      counter.stop()
    }
  })

  test('ends the request, which names every column that moved', async () => {
    const { id } = await send()
    expect(await createDriftSweep(use.world)()).toBe(0)
    await asAdmin(
      `UPDATE trainees SET course_subject_one = 'physics', course_start_date = '2021-09-07' WHERE id = ${ID}`,
    )
    expect(await createDriftSweep(use.world)()).toBe(1)
    const { status, outcome } = await getRequest(use.world.database, id)
    expect({ status, columns: outcome.moved?.columns.sort() }).toEqual({
      status: 'stale',
      columns: ['course_start_date', 'course_subject_one'],
    })
    expect(await outboxOf(id)).toEqual(['card', 'outcome'])
    const { details } = await lastEventOf(id)
    expect(JSON.stringify(details)).not.toContain('physics')
  })

  test('ends it at once, also where someone else holds the request for a moment', async () => {
    const { id } = await send()
    await asAdmin(`UPDATE trainees SET study_mode = 0 WHERE id = ${ID}`)
    await withClient(use.scratch.adminUrl, async (holder) => {
      await holder.query('BEGIN')
      await holder.query('SELECT FROM chatops.change_requests WHERE id = $1 FOR UPDATE', [id])
      let ended: number | null = null
      const sweep = createDriftSweep(use.world)().then((stale) => {
        ended = stale
      })
      const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
      await expect.poll(async () => ended !== null || (await holder.query(waiting)).rowCount === 1).toBe(true)
      await holder.query('COMMIT')
      await sweep
      expect(ended).toBe(1)
    })
  })

  test('ends it too when the record is deleted', async () => {
    const { id } = await send()
    await asAdmin(`DELETE FROM trainees WHERE id = ${ID}`)
    expect(await createDriftSweep(use.world)()).toBe(1)
    expect(await statusOf(id)).toBe('stale')
  })

  test('leaves it be when only other columns moved', async () => {
    const { id } = await send()
    await asAdmin(`UPDATE trainees SET region = 'London', updated_at = now() WHERE id = ${ID}`)
    expect(await createDriftSweep(use.world)()).toBe(0)
    expect(await statusOf(id)).toBe('pending')
  })

  test('leaves approved requests to their execution', async () => {
    const request = await send()
    await approveRequest(use.world, request)
    await asAdmin(`UPDATE trainees SET course_subject_one = 'physics' WHERE id = ${ID}`)
    expect(await createDriftSweep(use.world)()).toBe(0)
  })
})

test('a request that is not sent is kept for a day after its answers were last changed', async () => {
  const asked = { playbook: getPlaybook('fix-route'), requester: SUPPORT, channel: CHANNEL }
  const first = await propose(use.world, { ...asked, form: FORM })
  if (first.kind !== 'ready') throw new Error('the preview was not ready')
  const { id } = first.changeRequest
  clock += DAY - HOUR
  await propose(use.world, { ...asked, form: { ...FORM, reason: 'Another reason' }, draft: { id } })
  clock += DAY - 1
  await expireRequests(use.world)
  expect(await statusOf(id)).toBe('unsent')
  clock += 1
  await expireRequests(use.world)
  expect(await statusOf(id)).toBe('expired')
})

describe('the result of a change', () => {
  test('is looked at once after the commit and once a minute later', async () => {
    const { id } = await carryOut()
    expect(await verifyDue(use.world)).toBe(1)
    expect(await statusOf(id)).toBe('verifying')
    clock += 60 * SECOND - 1
    expect(await verifyDue(use.world)).toBe(0)
    clock += 1
    expect(await verifyDue(use.world)).toBe(1)
    expect(await statusOf(id)).toBe('done')
    expect((await eventsOf(id)).slice(-3)).toEqual(['executed', 'verified', 'done'])
    expect(await verifyDue(use.world)).toBe(0)
  })

  test.each([
    ['before the first look', 0],
    ['between the first look and the second', 60 * SECOND],
  ])('that is overwritten %s needs attention, and the column is named', async (_, later) => {
    const { id } = await carryOut()
    if (later > 0) await verifyDue(use.world)
    clock += later
    await asAdmin(`UPDATE trainees SET study_mode = 1 WHERE id = ${ID}`)
    expect(await verifyDue(use.world)).toBe(1)
    const { status, outcome } = await getRequest(use.world.database, id)
    expect(status).toBe('needs-attention')
    expect(outcome.verified?.filter(({ holds }) => !holds)).toMatchObject([
      { found: expect.stringContaining('Study mode') },
    ])
    expect((await outboxOf(id)).at(-1)).toBe('outcome')
    expect(await verifyDue(use.world)).toBe(0)
  })

  test('that a worker began to look at and never finished is looked at by another after a minute', async () => {
    const { id } = await carryOut()
    await asAdmin(
      `UPDATE chatops.change_requests SET next_verify_at = '${new Date(clock + 60 * SECOND).toISOString()}' WHERE id = ${id}`,
    )
    expect(await verifyDue(other)).toBe(0)
    clock += 60 * SECOND
    expect(await verifyDue(other)).toBe(1)
    expect(await statusOf(id)).toBe('done')
  })
})

describe('after the retention time', () => {
  test('what was asked for is forgotten, and what happened is kept', async () => {
    const { id } = await send()
    await cancel(use.world, { id, actor: SUPPORT })
    clock = Date.now() + RETENTION - HOUR
    expect(await purge(use.world, RETENTION)).toBe(0)
    clock += 2 * HOUR
    expect(await purge(use.world, RETENTION)).toBe(1)
    const purged = await getRequest(use.world.database, id)
    expect(purged).toMatchObject({ form: null, plan: null, checks: null, status: 'cancelled', requester: SUPPORT })
    expect(await eventsOf(id)).toEqual(['proposed', 'sent', 'cancelled', 'purged'])
    expect(await purge(use.world, RETENTION)).toBe(0)
    expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
  })

  test('what is still open is kept', async () => {
    const { id } = await send()
    clock += 10 * RETENTION
    expect(await purge(use.world, RETENTION)).toBe(0)
    expect((await getRequest(use.world.database, id)).plan).not.toBeNull()
  })
})

describe('two sweepers at once', () => {
  test('expire each request once', async () => {
    const { id } = await send()
    clock += DAY
    const swept = await Promise.all([use.world, other, use.world, other].map(expireRequests))
    expect(sum(swept)).toBe(1)
    expect(await eventsOf(id)).toEqual(['proposed', 'sent', 'expired'])
  })

  test('hint once', async () => {
    const request = await send()
    await approveRequest(use.world, request)
    await sendHints()
    clock += 30 * SECOND
    await Promise.all([use.world, other, use.world, other].map(hintAgain))
    expect(await hintsFor(request.id)).toBe(2)
  })

  test('end a request whose record moved once', async () => {
    const { id } = await send()
    await asAdmin(`UPDATE trainees SET course_subject_one = 'physics' WHERE id = ${ID}`)
    const swept = await Promise.all([use.world, other, use.world, other].map((one) => createDriftSweep(one)()))
    expect(sum(swept)).toBe(1)
    expect(await eventsOf(id)).toEqual(['proposed', 'sent', 'stale'])
  })

  test('look at a result once', async () => {
    const { id } = await carryOut()
    const looked = await Promise.all([use.world, other, use.world, other].map(verifyDue))
    expect(sum(looked)).toBe(1)
    expect((await eventsOf(id)).filter((event) => event === 'verified')).toHaveLength(1)
  })

  test('forget a request once', async () => {
    const { id } = await send()
    await asAdmin(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = ${id}`)
    clock += RETENTION + HOUR
    const purged = await Promise.all([use.world, other, use.world, other].map((one) => purge(one, RETENTION)))
    expect(sum(purged)).toBe(1)
    expect(await eventsOf(id)).toEqual(['proposed', 'sent', 'purged'])
  })
})

function send() {
  return sendRequest(use.world, 'fix-route', FORM)
}

async function preview(more: { isAgain?: true; channel?: string } = {}) {
  const asked = { playbook: getPlaybook('fix-route'), form: FORM, requester: SUPPORT, channel: CHANNEL, ...more }
  const proposal = await propose(use.world, asked)
  if (proposal.kind !== 'ready') throw new Error(`the preview was ${proposal.kind}`)
  return proposal.changeRequest
}

async function carryOut() {
  const request = await send()
  await approveRequest(use.world, request)
  expect(await execute(use.world, request.id)).toBe('executed')
  return request
}

async function statusOf(id: string): Promise<string> {
  return (await getRequest(use.world.database, id)).status
}

function entriesOf(changeRequestId: string): Promise<LedgerEntry[]> {
  return use.world.database.manager.find(LedgerEntry, { where: { changeRequestId }, order: { seq: 'ASC' } })
}

async function eventsOf(id: string): Promise<string[]> {
  return (await entriesOf(id)).map(({ event }) => event)
}

async function lastEventOf(id: string): Promise<LedgerEntry> {
  return (await entriesOf(id)).at(-1) as LedgerEntry
}

/** What was put out for a request's card and thread, in order: "card", or the part of the thread. */
async function outboxOf(id: string): Promise<string[]> {
  const where = { changeRequestId: id, stream: In([`card:${id}`, `thread:${id}`]) }
  const rows = await use.world.database.manager.find(OutboxRow, { where, order: { seq: 'ASC' } })
  return rows.map(({ kind, payload }) => (payload as { part?: string }).part ?? kind)
}

function hintsFor(changeRequestId: string): Promise<number> {
  return use.world.database.manager.countBy(OutboxRow, { changeRequestId, kind: 'hint' })
}

function sendHints(): Promise<void> {
  return asAdmin(`UPDATE chatops.outbox SET status = 'sent' WHERE kind = 'hint'`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

async function asAdmin(...statements: string[]): Promise<void> {
  await withClient(use.scratch.adminUrl, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}
