// A card is added to the list, and what stands in its way is told apart.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTrelloClient, type TrelloSettings } from '../../src/trello/index.ts'
import { CARD, failureOf, KEY, MARKER, startTrello, type Trello } from './client-setup.ts'

let trello: Trello

beforeEach(async () => {
  trello = await startTrello()
})

afterEach(() => trello.stop())

test('a card is added to the list, with its reference as the last line', async () => {
  const { client, simulator } = trello
  const added = await client.addCard(CARD)
  expect(simulator.cards).toMatchObject([
    {
      id: added.id,
      shortUrl: added.url,
      idList: simulator.listId,
      name: 'School missing from DTTP',
      desc: `URN 100000 is not known.\n\n${MARKER}`,
    },
  ])
})

test('a first attempt looks at the list and at no card', async () => {
  const { client, simulator, asked } = trello
  await client.addCard(CARD)
  expect(asked()).toEqual([`GET lists/${simulator.listId}`, 'POST cards'])
})

test('no URL holds the key, the token, or what the card says', async () => {
  const { client, simulator } = trello
  await client.addCard({ ...CARD, again: true })
  for (const { path, query } of simulator.requests) {
    for (const word of [simulator.key, simulator.token, 'missing', '100000']) expect(path + query).not.toContain(word)
  }
})

test('rows of the outbox with the same words get a card each', async () => {
  const { client, simulator } = trello
  await client.addCard(CARD)
  await client.addCard({ ...CARD, key: `${KEY.slice(0, -1)}1`, again: true })
  expect(simulator.cards).toHaveLength(2)
})

describe('a list that takes no card', () => {
  test('is refused if it is archived, and nothing is sent', async () => {
    const { client, simulator, asked } = trello
    simulator.archiveList()
    expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'refused', code: 'list-archived' })
    expect(asked()).toEqual([`GET lists/${simulator.listId}`])
  })

  test('is refused if it is gone', async () => {
    const { given, simulator } = trello
    const client = createTrelloClient({ ...given, listId: '0'.repeat(24) })
    expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'refused', status: 404 })
    expect(simulator.cards).toEqual([])
  })
})

test.each([
  ['key', { key: 'another' }, 'invalid-key'],
  ['token', { token: 'another' }, 'invalid-token'],
])('a wrong %s is unauthorised', async (_, settings, code) => {
  const client = createTrelloClient({ ...trello.given, ...settings })
  expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'unauthorised', status: 401, code })
})

describe('refused before anything is sent:', () => {
  test.each([
    ['no title', { title: ' \n ' }, 'title-empty'],
    ['a title that is too long', { title: 'x'.repeat(16_385) }, 'title-too-long'],
    ['a text that is too long', { text: 'x'.repeat(16_384) }, 'text-too-long'],
    ['a text that is too long once it is escaped', { text: '*'.repeat(9_000) }, 'text-too-long'],
    ['a key that is no id', { key: 'two words' }, 'key-malformed'],
    ['no key', { key: '' }, 'key-malformed'],
  ])('%s', async (_, change, code) => {
    expect(await failureOf(trello.client.addCard({ ...CARD, ...change }))).toMatchObject({ kind: 'refused', code })
    expect(trello.simulator.requests).toEqual([])
  })
})

test('the longest title and text are sent whole', async () => {
  const { client, simulator } = trello
  const text = 'x'.repeat(16_384 - MARKER.length - 2)
  await client.addCard({ ...CARD, title: 'y'.repeat(16_384), text })
  expect(simulator.cards[0]?.name).toHaveLength(16_384)
  expect(simulator.cards[0]?.desc).toBe(`${text}\n\n${MARKER}`)
})

describe('settings', () => {
  const refused = (settings: Partial<TrelloSettings>) => () => createTrelloClient({ ...trello.given, ...settings })

  test.each([
    ['plain http', 'http://api.trello.com/1/', /https/],
    ['credentials in the URL', 'https://user:secret@api.trello.com/1/', /mere URL/],
    ['a query in the URL', 'https://api.trello.com/1/?key=secret', /mere URL|URL/],
  ])('%s is refused', (_, apiUrl, message) => {
    expect(refused({ apiUrl })).toThrow(message)
  })

  test('a malformed list id, key or token is refused, and not repeated', () => {
    expect(refused({ listId: 'inbox' })).toThrow(/24 hexadecimal/)
    expect(refused({ key: 'a"b' })).toThrow(/^Trello’s key and token are letters and digits$/)
    expect(refused({ token: 'a\nb' })).toThrow(/^Trello’s key and token are letters and digits$/)
  })

  test('Trello itself is what is asked unless another URL is given, and a slash at its end may be left out', async () => {
    expect(refused({ apiUrl: undefined })).not.toThrow()
    const client = createTrelloClient({ ...trello.given, apiUrl: trello.given.apiUrl.slice(0, -1) })
    await client.addCard(CARD)
    expect(trello.made()).toHaveLength(1)
  })
})

describe('closing', () => {
  test('breaks off a card on its way, whose outcome is then unknown', async () => {
    const { client, simulator } = trello
    simulator.faults.add({ kind: 'hang', method: 'POST' })
    const failure = failureOf(client.addCard(CARD))
    while (!simulator.requests.some(({ method }) => method === 'POST')) await new Promise((wake) => setTimeout(wake, 2))
    client.close()
    expect(await failure).toMatchObject({ kind: 'outcome-unknown', code: 'closed' })
  })

  test('lets nothing be sent any more', async () => {
    const { client, simulator } = trello
    client.close()
    expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'unavailable', code: 'closed' })
    expect(simulator.requests).toEqual([])
  })
})
