// An attempt that may have got through is looked for before a card is made.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Reply } from '../../sandbox/trello/rest-api.ts'
import { createTrelloClient } from '../../src/trello/index.ts'
import { after, createSleeper } from '../support/asleep.ts'
import { CARD, failureOf, KEY, MARKER, startTrello, type Trello } from './client-setup.ts'

const AGAIN = { ...CARD, again: true }
const MINUTE = 60_000

let trello: Trello

beforeEach(async () => {
  trello = await startTrello()
})

afterEach(() => trello.stop())

/** Cards of other people, `perSecond` to a second, up to some minutes ago. */
function addOthers(count: number, perSecond: number): void {
  const latest = trello.given.now().getTime() - MINUTE
  for (let number = count - 1; number >= 0; number--) {
    const at = new Date(latest - Math.floor(number / perSecond) * 1_000)
    trello.simulator.addCard({ name: `Other card ${number}`, desc: 'Not ours', at })
  }
}

const posts = (): number => trello.asked().filter((one) => one === 'POST cards').length

test('the earlier card is answered with, and no second one is made', async () => {
  const { client, made } = trello
  const first = await client.addCard(CARD)
  expect(await client.addCard(AGAIN)).toEqual(first)
  expect(made()).toHaveLength(1)
})

test('one is made if there is none', async () => {
  const { client, made } = trello
  addOthers(3, 1)
  await client.addCard(AGAIN)
  expect(made()).toHaveLength(1)
})

describe('the earlier card is found', () => {
  test.each([
    ['archived', { closed: true }],
    ['given another name', { name: 'Done' }],
    ['written to above its last line', { desc: `Called the school.\r\n\r\n${MARKER}` }],
    ['left with a line break at its end', { desc: `Words\n\n${MARKER}\n` }],
  ])('though it was %s', async (_, change) => {
    const { client, simulator } = trello
    const first = await client.addCard(CARD)
    simulator.changeCard(first.id, change)
    expect(await client.addCard(AGAIN)).toEqual(first)
    expect(simulator.cards).toHaveLength(1)
  })

  test('though it was moved to another list', async () => {
    const { client, simulator } = trello
    const first = await client.addCard(CARD)
    simulator.changeCard(first.id, { idList: simulator.addList('Doing') })
    expect(await client.addCard(AGAIN)).toEqual(first)
  })

  test('though its list was archived', async () => {
    const { client, simulator } = trello
    const first = await client.addCard(CARD)
    simulator.archiveList()
    expect(await client.addCard(AGAIN)).toEqual(first)
  })
})

describe('a card does not count that has the reference', () => {
  test.each([
    ['in its title', { name: MARKER }],
    ['in the middle of its text', { desc: `See\n${MARKER}\nand the other card` }],
    ['at the end of a line', { desc: `See ${MARKER}` }],
    ['with more after it', { desc: `${MARKER}0` }],
    ['in other letters', { desc: MARKER.toUpperCase() }],
  ])('%s', async (_, card) => {
    const { client, simulator } = trello
    const forged = simulator.addCard({ name: 'Forged', ...card })
    const added = await client.addCard(AGAIN)
    expect(added.id).not.toBe(forged.id)
    expect(simulator.cards).toHaveLength(2)
  })

  test('as the end of what somebody typed into ours', async () => {
    const { client, simulator } = trello
    const other = await client.addCard({ ...CARD, key: `${KEY.slice(0, -1)}1`, text: `Nothing to see.\n\n${MARKER}` })
    const added = await client.addCard(AGAIN)
    expect(added.id).not.toBe(other.id)
    expect(simulator.cards).toHaveLength(2)
  })
})

test('cards of other kinds, without text or link, are not in the way', async () => {
  const { client, simulator } = trello
  simulator.addCard({ name: 'A mirror', desc: 'Other words' })
  const first = await client.addCard(CARD)
  const rewrite = (reply: Reply): Reply => ({
    ...reply,
    body: reply.body.replace(/"desc":"Other words","shortUrl":"[^"]*"/, '"desc":null'),
  })
  simulator.faults.add({ kind: 'rewritten', path: 'boards/', rewrite })
  expect(await client.addCard(AGAIN)).toEqual(first)
})

describe('among 1,500 cards', () => {
  test('the oldest is found, page by page', async () => {
    const { client, simulator } = trello
    const first = simulator.addCard({ name: 'Ours', desc: `Words\n\n${MARKER}`, at: new Date('2021-10-01T09:00:00Z') })
    addOthers(1_500, 7)
    expect((await client.addCard(AGAIN)).id).toBe(first.id)
    expect(posts()).toBe(0)
  })

  test.each([1_200, 1_199, 901, 900, 899, 600, 301, 300, 299, 0])(
    'the one with %i newer ones is found, wherever a page ends within a second',
    async (newer) => {
      const { client, simulator } = trello
      addOthers(1_500, 7)
      const ours = simulator.cards.at(-1 - newer)
      if (!ours) throw new Error('No such card')
      simulator.changeCard(ours.id, { desc: MARKER })
      expect((await client.addCard(AGAIN)).id).toBe(ours.id)
      expect(posts()).toBe(0)
    },
  )

  test('one is made after all of them were looked through', async () => {
    const { client, simulator, made } = trello
    addOthers(1_500, 7)
    await client.addCard(AGAIN)
    expect(made()).toHaveLength(1)
    const searches = simulator.requests.filter(({ path }) => path.startsWith('boards/'))
    expect(searches.length).toBeGreaterThanOrEqual(5)
    expect(searches.length).toBeLessThanOrEqual(7)
  })

  test('the search goes on past a second that fills a page', async () => {
    const { client, simulator } = trello
    const first = simulator.addCard({ name: 'Ours', desc: MARKER, at: new Date('2021-10-01T09:00:00Z') })
    addOthers(1_500, 700)
    expect((await client.addCard(AGAIN)).id).toBe(first.id)
  })

  test('those from before the card was first wanted are passed over, also after it is made', async () => {
    const { client, simulator, given } = trello
    const weekAgo = given.now().getTime() - 7 * 86_400_000
    for (let number = 0; number < 1_500; number++) {
      simulator.addCard({ name: 'Other card', at: new Date(weekAgo + number * 1_000) })
    }
    const first = await client.addCard(CARD)
    expect(await client.addCard({ ...AGAIN, since: given.now() })).toEqual(first)
    await client.addCard({ ...AGAIN, key: `${KEY.slice(0, -1)}1`, since: given.now() })
    expect(simulator.requests.filter(({ path }) => path.startsWith('boards/'))).toHaveLength(3)
  })
})

describe('a sender that sleeps just before it makes the card', () => {
  test('removes what it makes when it wakes, since another has made one', async () => {
    const { client, made } = trello
    const { isHeld, isAsleep, wake } = createSleeper()
    const asleep = client.addCard({ ...CARD, isHeld })
    await isAsleep
    const card = await client.addCard(AGAIN)
    wake()
    expect(await asleep).toEqual(card)
    expect(made().map(({ id }) => id)).toEqual([card.id])
  })

  test('does so even if it does not hear that it made one', async () => {
    const { client, made, simulator } = trello
    const { isHeld, isAsleep, wake } = createSleeper()
    const asleep = failureOf(client.addCard({ ...CARD, isHeld }))
    await isAsleep
    const card = await client.addCard(AGAIN)
    simulator.faults.add({ kind: 'lost-answer', method: 'POST' })
    wake()
    expect(await asleep).toMatchObject({ kind: 'outcome-unknown' })
    expect(made().map(({ id }) => id)).toEqual([card.id])
  })

  test('and makes it before the other does, but after it looked, leaves one card', async () => {
    const { client, made } = trello
    const { isHeld, isAsleep, wake } = createSleeper()
    const asleep = client.addCard({ ...CARD, isHeld })
    await isAsleep
    const other = await client.addCard({ ...AGAIN, isHeld: () => after(wake, asleep) })
    expect(await asleep).toEqual(other)
    expect(made().map(({ id }) => id)).toEqual([other.id])
  })

  test('and hears in time that another has its row makes none', async () => {
    const { client } = trello
    const failure = await failureOf(client.addCard({ ...CARD, isHeld: async () => false }))
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'taken-over' })
    expect(posts()).toBe(0)
  })
})

test('Trello’s clock may be behind ours', async () => {
  const { client, simulator, given } = trello
  const hourAgo = new Date(given.now().getTime() - 60 * MINUTE)
  const ours = simulator.addCard({ name: 'Ours', desc: MARKER, at: hourAgo })
  addOthers(400, 1)
  expect((await client.addCard({ ...AGAIN, since: given.now() })).id).toBe(ours.id)
})

test('a search that cannot be ended in time makes no card', async () => {
  const { simulator, given } = trello
  addOthers(1_500, 7)
  simulator.faults.add({ kind: 'slow', ms: 60, path: 'boards/', times: 10 })
  const client = createTrelloClient({ ...given, timeoutMs: 10_000, longestMs: 150 })
  expect(await failureOf(client.addCard(AGAIN))).toMatchObject({ kind: 'unavailable', code: 'timeout' })
  expect(posts()).toBe(0)
})

test('pages that never end are taken for an answer that cannot be read', async () => {
  const { client, simulator } = trello
  addOthers(900, 7)
  let newest: Reply | null = null
  const rewrite = (reply: Reply): Reply => (newest ??= reply)
  simulator.faults.add({ kind: 'rewritten', path: 'boards/', times: 10, rewrite })
  expect(await failureOf(client.addCard(AGAIN))).toMatchObject({ kind: 'unavailable', code: 'endless-pages' })
  expect(posts()).toBe(0)
})
