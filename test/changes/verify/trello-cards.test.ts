import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import type { Fault } from '../../../sandbox/trello/index.ts'
import { startTrelloSimulator, type TrelloSimulator } from '../../../sandbox/trello/index.ts'
import { createTrelloCards } from '../../../src/changes/verify/trello-cards.ts'
import { ChangeRequest } from '../../../src/entities/chatops/change-request.ts'
import { addToOutbox } from '../../../src/outbox/add.ts'
import { type Claimed, claimOutbox } from '../../../src/outbox/claim.ts'
import { RetryLater, TakenOver, Undeliverable } from '../../../src/outbox/not-sent.ts'
import { createTrelloClient } from '../../../src/trello/index.ts'
import { sendRequest } from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const CARD = { title: 'Update a school in DTTP: URN 900002', text: 'Please make it active.' }

const use = useWorld({ rows: 'demo' })
let trello: TrelloSimulator
let changeRequest: string

beforeAll(async () => {
  const form = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }
  changeRequest = (await sendRequest(use.world, 'fix-route', form)).id
})

beforeEach(async () => {
  trello = await startTrelloSimulator()
  await query('DELETE FROM chatops.outbox')
  await query('DELETE FROM chatops.manual_steps')
  await query(`UPDATE chatops.change_requests SET outcome = '{}'`)
})

afterEach(() => trello.stop())

const query = (sql: string) => withClient(use.scratch.adminUrl, (client) => client.query(sql))

function cards() {
  const { url: apiUrl, key, token, listId } = trello
  return createTrelloCards(use.world, createTrelloClient({ apiUrl, key, token, listId, timeoutMs: 500 }))
}

/** A card's outbox row, taken to be sent. */
async function claimCard(): Promise<Claimed> {
  await addToOutbox(use.world.database.manager, { stream: 'trello:1', kind: 'trello', changeRequest, payload: CARD })
  const [row] = await claimOutbox(use.world.database, 1)
  if (!row) throw new Error('there is nothing to send')
  return row
}

async function messages() {
  const { rows } = await query(`SELECT payload FROM chatops.outbox WHERE kind = 'thread' ORDER BY seq`)
  return rows.map(({ payload }) => payload)
}

/** How often the request's card is to be drawn again. */
async function redrawn(): Promise<number> {
  return (await query(`SELECT 1 FROM chatops.outbox WHERE kind = 'card'`)).rows.length
}

async function steps() {
  return (await query('SELECT title, text, done_at FROM chatops.manual_steps ORDER BY id')).rows
}

const LEFT = {
  title: `Look in Trello, and add this card if it is not there: ${CARD.title}`,
  text: `${CARD.title}\n\n${CARD.text}`,
  done_at: null,
}

const outcome = async () =>
  (await use.world.database.manager.findOneByOrFail(ChangeRequest, { id: changeRequest })).outcome

test('a card is added, and its link is kept for the request’s card', async () => {
  const row = await claimCard()
  await cards()(row)
  const url = trello.cards[0]?.shortUrl
  expect(trello.cards).toMatchObject([{ name: CARD.title }])
  expect(await outcome()).toEqual({ trello: [{ key: row.id, title: CARD.title, url }] })
  expect(await redrawn()).toBe(1)
})

test('a row that is sent again, as after a crash, adds no second card and tells nobody twice', async () => {
  const row = await claimCard()
  await cards()(row)
  await cards()({ ...row, again: true })
  expect(trello.cards).toHaveLength(1)
  expect(await redrawn()).toBe(1)
})

test('a card whose answer was lost is found again', async () => {
  const row = await claimCard()
  trello.faults.add({ kind: 'lost-answer', method: 'POST' })
  await expect(cards()(row)).rejects.toEqual(new RetryLater(60_000))
  expect(await messages()).toEqual([])
  await cards()({ ...row, again: true })
  expect(trello.cards).toHaveLength(1)
  expect((await outcome()).trello).toMatchObject([{ url: trello.cards[0]?.shortUrl }])
})

test.each<[string, Fault, number]>([
  ['asks to be left alone', { kind: 'rate-limited', retryAfter: '7' }, 7_000],
  ['is down', { kind: 'server-error', status: 503 }, 60_000],
  ['does not accept the token', { kind: 'refused', status: 401 }, 60_000],
])('a card is tried again later where Trello %s', async (_what, fault, delay) => {
  const row = await claimCard()
  trello.faults.add(fault)
  await expect(cards()(row)).rejects.toEqual(new RetryLater(delay))
  expect(await messages()).toEqual([])
})

test('a card that Trello refuses for good is given to people to copy', async () => {
  const row = await claimCard()
  trello.archiveList()
  await expect(cards()(row)).rejects.toBeInstanceOf(Undeliverable)
  expect(await messages()).toEqual([{ part: 'steps' }])
  expect(await steps()).toEqual([LEFT])
  expect(await outcome()).toEqual({})
})

test('a token that stays expired is given up after an hour, and people are given the text', async () => {
  const row = await claimCard()
  const hourAgo = new Date(Date.now() - 60 * 60_000)
  for (const early of [
    { ...row, attempts: 60 },
    { ...row, attempts: 9, createdAt: hourAgo },
  ]) {
    trello.faults.add({ kind: 'refused', status: 401 })
    await expect(cards()(early)).rejects.toBeInstanceOf(RetryLater)
  }
  expect(await messages()).toEqual([])
  trello.faults.add({ kind: 'refused', status: 401 })
  await query(`UPDATE chatops.outbox SET status = 'queued', attempts = 9, created_at = now() - interval '1 hour'`)
  const [late] = await claimOutbox(use.world.database, 1)
  await expect(cards()(late ?? row)).rejects.toBeInstanceOf(Undeliverable)
  expect(await messages()).toEqual([{ part: 'steps' }])
  expect(await steps()).toEqual([LEFT])
})

test('whoever has lost the row to another sender tells nobody of a card that Trello refuses', async () => {
  const row = await claimCard()
  trello.archiveList()
  await expect(cards()(row)).rejects.toBeInstanceOf(Undeliverable)
  await expect(cards()({ ...row, again: true })).rejects.toBeInstanceOf(TakenOver)
  expect(await redrawn()).toBe(1)
})

describe('without Trello', () => {
  test('a card that was approved while there was one is given to people to copy', async () => {
    await createTrelloCards(use.world, null)(await claimCard())
    expect(await messages()).toEqual([{ part: 'steps' }])
    expect(await steps()).toEqual([LEFT])
  })
})
