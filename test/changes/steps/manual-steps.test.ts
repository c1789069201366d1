import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { execute } from '../../../src/changes/execute/execute.ts'
import {
  dropNeedlessSteps,
  findSteps,
  listOpenSteps,
  listSteps,
  tickSteps,
} from '../../../src/changes/steps/manual-steps.ts'
import { purge } from '../../../src/changes/sweeps/sweep.ts'
import { verify } from '../../../src/changes/verify/verify.ts'
import type { ManualStep } from '../../../src/entities/chatops/manual-step.ts'
import { verifyLedger } from '../../../src/ledger/verify.ts'
import {
  approveRequest,
  CHANNEL,
  DEVELOPER,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'school_direct_salaried', reason: 'Test', ticket: '' }

const use = useWorld({ rows: 'demo' })
let id: string

beforeAll(async () => {
  const request = await sendRequest(use.world, 'fix-route', FORM)
  id = request.id
  await approveRequest(use.world, request)
  expect(await execute(use.world, id)).toBe('executed')
  await verify(use.world, id)
})

beforeEach(async () => {
  await use.admin.query('UPDATE chatops.manual_steps SET done_at = NULL, done_by = NULL, needed_until = NULL')
})

const steps = (): Promise<ManualStep[]> => listSteps(use.world.database.manager, id)
const tick = (actor: string, ...ticks: [string | undefined, boolean][]) =>
  tickSteps(use.world, { id, actor, ticks: new Map(ticks.map(([step, is]) => [step ?? '', is])) })
const lastEntry = async () =>
  (await use.admin.query('SELECT event, actor, details FROM chatops.ledger ORDER BY seq DESC LIMIT 1')).rows[0]

test('an execution leaves a row for each thing to do by hand, owned by the requester', async () => {
  expect(await steps()).toMatchObject([
    { place: 0, title: 'Ask for the route to be changed in DTTP', owner: SUPPORT, doneAt: null },
    { place: 1, title: 'Ask the provider to complete the course details', owner: SUPPORT, doneAt: null },
  ])
  for (const { text } of await steps()) expect(text).toContain('/trainees/eDEpiD3DVSPKtyHVtgTKxe71')
})

test('the thread has one reply for all of them, which is to follow what came of the request', async () => {
  const { rows } = await use.admin.query(`SELECT payload FROM chatops.outbox WHERE kind = 'thread' ORDER BY seq`)
  expect(rows.map(({ payload }) => payload)).toEqual([{ part: 'steps', follows: 'outcome' }, { part: 'outcome' }])
})

describe('a tick', () => {
  test('says who and when, has the card drawn again and is on record', async () => {
    const [first] = await steps()
    const drawn = async () =>
      (await use.admin.query('SELECT card_version FROM chatops.change_requests')).rows[0].card_version
    const before = await drawn()
    await tick(DEVELOPER, [first?.id, true])
    expect(await steps()).toMatchObject([{ doneBy: DEVELOPER, doneAt: expect.any(Date) }, { doneBy: null }])
    expect(await drawn()).toBe(before + 1)
    expect(await lastEntry()).toEqual({ event: 'step-done', actor: DEVELOPER, details: { steps: [0] } })
  })

  test('can be taken back by anyone who may ask or approve', async () => {
    const [first] = await steps()
    await tick(DEVELOPER, [first?.id, true])
    await tick(SECOND_DEVELOPER, [first?.id, false])
    expect(await steps()).toMatchObject([{ doneBy: null, doneAt: null }, {}])
    expect(await lastEntry()).toEqual({ event: 'step-not-done', actor: SECOND_DEVELOPER, details: { steps: [0] } })
  })

  test('stays as it is when somebody else ticks the same step', async () => {
    const [first] = await steps()
    await tick(DEVELOPER, [first?.id, true])
    await tick(SUPPORT, [first?.id, true])
    expect((await steps())[0]?.doneBy).toBe(DEVELOPER)
  })

  test('leaves other requests’ steps alone, whatever is sent', async () => {
    await tick(SUPPORT, ['999999', true], ['x', true])
    expect((await steps()).map(({ doneAt }) => doneAt)).toEqual([null, null])
  })

  test('is refused to anyone else, and so is a look at the words', async () => {
    const [first] = await steps()
    await expect(tick(STRANGER, [first?.id, true])).rejects.toMatchObject({ code: 'not-a-requester' })
    await expect(findSteps(use.world, { id, actor: STRANGER })).rejects.toMatchObject({ code: 'not-a-requester' })
    expect((await steps())[0]?.doneAt).toBeNull()
  })
})

test('what is left is listed until it is done', async () => {
  const [first, second] = await steps()
  await tick(SUPPORT, [first?.id, true])
  const { steps: open, inAll } = await listOpenSteps(use.world.database, { place: { channel: CHANNEL }, take: 5 })
  expect({ inAll, open: open.map(({ step, request }) => [step.id, request.id]) }).toEqual({
    inAll: 1,
    open: [[second?.id, id]],
  })
  expect(await listOpenSteps(use.world.database, { place: { channel: 'C0ELSE' }, take: 5 })).toEqual({
    steps: [],
    inAll: 0,
  })
})

test('what a TRN makes needless is ticked off by the bot, once the TRN is there', async () => {
  const [first] = await steps()
  await use.admin.query(`UPDATE chatops.manual_steps SET needed_until = 'trn' WHERE id = $1`, [first?.id])
  expect(await dropNeedlessSteps(use.world)).toBe(0)
  await use.admin.query(`UPDATE public.trainees SET trn = '3005901' WHERE id = 5901`)
  expect(await dropNeedlessSteps(use.world)).toBe(1)
  expect(await steps()).toMatchObject([{ doneBy: 'chatops' }, { doneBy: null }])
  expect(await lastEntry()).toMatchObject({ event: 'step-needless' })
  await tick(SUPPORT, [first?.id, false])
  expect(await steps()).toMatchObject([{ doneBy: 'chatops' }, { doneBy: null }])
  expect(await dropNeedlessSteps(use.world)).toBe(0)
})

describe('undoing the request', () => {
  test('makes what is left needless, and asks for all that its approver saw, if that is needed', async () => {
    const [, second] = await steps()
    await tick(SUPPORT, [second?.id, true])
    const undo = await sendRequest(use.world, 'undo', { subject: `CR-${id}`, reason: 'Test', ticket: '' })
    await approveRequest(use.world, undo)
    expect(await execute(use.world, undo.id)).toBe('executed')
    expect(await steps()).toMatchObject([{ doneBy: 'chatops' }, { doneBy: SUPPORT }])
    const asked = await listSteps(use.world.database.manager, undo.id)
    const open = (await steps())[0]
    expect(asked.map(({ title }) => title)).toEqual([
      `Ask for the route to be changed back in DTTP, if that is needed: nobody had marked “${open?.title}” of CR-${id} as done`,
    ])
    const { rows } = await use.admin.query(
      `SELECT change_request_id AS id, actor, details FROM chatops.ledger WHERE event = 'step-needless' ORDER BY seq DESC LIMIT 1`,
    )
    expect(rows).toEqual([{ id, actor: 'chatops', details: { steps: [0], undoneBy: undo.id } }])
    expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
  })

  test('and undoing that asks for all of it again, the provider’s part, too', async () => {
    const before = await steps()
    const undos = await use.admin.query(
      `SELECT id FROM chatops.change_requests WHERE playbook = 'undo' ORDER BY id DESC`,
    )
    await verify(use.world, undos.rows[0].id)
    const again = await sendRequest(use.world, 'undo', {
      subject: `CR-${undos.rows[0].id}`,
      reason: 'Test',
      ticket: '',
    })
    await approveRequest(use.world, again)
    expect(await execute(use.world, again.id)).toBe('executed')
    const asked = await listSteps(use.world.database.manager, again.id)
    expect(asked.map(({ text }) => text)).toEqual(before.map(({ text }) => text))
    expect(asked.map(({ title }) => title)).toEqual([
      `${before[0]?.title}, if that is needed: nobody had marked “Ask for the route to be changed back in DTTP” of CR-${undos.rows[0].id} as done`,
      before[1]?.title,
    ])
  })
})

test('the words to copy are removed with the request’s details, but not before the step is done', async () => {
  const later = new Date(Date.now() + 100 * 86_400_000)
  const [first, second] = await steps()
  await tick(SUPPORT, [second?.id, true])
  expect(await purge({ ...use.world, now: () => later }, 90 * 86_400_000)).toBeGreaterThan(0)
  expect((await steps()).map(({ text }) => text !== null)).toEqual([true, false])
  await tick(SUPPORT, [first?.id, true])
  await purge({ ...use.world, now: () => later }, 90 * 86_400_000)
  expect((await steps()).map(({ title, text }) => [title !== '', text])).toEqual([
    [true, null],
    [true, null],
  ])
})
