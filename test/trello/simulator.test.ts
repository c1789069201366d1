// The simulator refuses what Trello refuses, and what we promise not to do.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTrelloSimulator, type TrelloSimulator } from '../../sandbox/trello/index.ts'

const ABSENT = '0'.repeat(24)
const JSON_TYPE = { 'content-type': 'application/json' }

let simulator: TrelloSimulator

beforeEach(async () => {
  simulator = await startTrelloSimulator({ now: () => new Date('2021-10-27T15:00:00Z') })
})

afterEach(() => simulator.stop())

const credentials = ({ key = simulator.key, token = simulator.token } = {}) => ({
  authorization: `OAuth oauth_consumer_key="${key}", oauth_token="${token}"`,
})

async function ask(path: string, init: RequestInit = {}) {
  const headers = { ...credentials(), ...(init.headers as Record<string, string>) }
  const response = await fetch(`${simulator.url}${path}`, { ...init, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const post = (card: object | string, headers: Record<string, string> = JSON_TYPE) =>
  ask('cards', { method: 'POST', headers, body: typeof card === 'string' ? card : JSON.stringify(card) })

const idsOf = ({ text }: { text: string }) => (JSON.parse(text) as { id: string }[]).map(({ id }) => id)

describe('credentials', () => {
  test('are needed, and must be right', async () => {
    const list = `lists/${simulator.listId}`
    expect(await ask(list)).toMatchObject({ status: 200 })
    expect(await ask(list, { headers: { authorization: '' } })).toMatchObject({ status: 401, text: 'invalid key' })
    expect(await ask(list, { headers: credentials({ key: 'x' }) })).toMatchObject({ status: 401, text: 'invalid key' })
    expect(await ask(list, { headers: credentials({ token: 'x' }) })).toMatchObject({
      status: 401,
      text: 'invalid token',
    })
  })

  test.each(['key', 'token'])('are not taken from the URL (%s)', async (name) => {
    expect((await ask(`lists/${simulator.listId}?${name}=x`)).status).toBe(400)
  })

  test('are not kept', async () => {
    await ask(`lists/${simulator.listId}`)
    expect(JSON.stringify(simulator.requests)).not.toContain(simulator.token)
  })
})

describe('a card', () => {
  test('is made from JSON, and its page shows it', async () => {
    const { status, text } = await post({ idList: simulator.listId, name: 'Name', desc: '1\\. \\*Words\\*' })
    const card = JSON.parse(text) as { id: string; shortUrl: string }
    expect(status).toBe(200)
    expect(card).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{24}$/), idList: simulator.listId, closed: false })
    expect(await (await fetch(card.shortUrl)).text()).toBe('Name\n\n1. *Words*\n')
    expect((await fetch(`${card.shortUrl}0`)).status).toBe(404)
    expect(simulator.cards).toMatchObject([{ id: card.id }])
  })

  test.each([
    ['no list', { name: 'Name' }, 400, 'invalid value for idList'],
    ['a list that is no id', { idList: 'inbox', name: 'Name' }, 400, 'invalid value for idList'],
    ['an unknown list', { idList: ABSENT, name: 'Name' }, 404, 'could not find the board that the card belongs to'],
    ['no name', {}, 400, 'invalid value for name'],
    ['a name that is too long', { name: 'x'.repeat(16_385) }, 400, 'invalid value for name'],
    ['a description that is too long', { name: 'x', desc: 'x'.repeat(16_385) }, 400, 'invalid value for desc'],
    ['a description that is no text', { name: 'x', desc: 5 }, 400, 'invalid value for desc'],
    ['anything unknown', { name: 'x', colour: 'red' }, 400, 'invalid value for colour'],
  ])('is not made with %s', async (what, card, status, text) => {
    const idList = what.includes('no list') ? {} : { idList: simulator.listId }
    expect(await post({ ...idList, ...card })).toMatchObject({ status, text })
    expect(simulator.cards).toEqual([])
  })

  test('is not made from what is no JSON, or does not say that it is', async () => {
    const card = { idList: simulator.listId, name: 'Name' }
    expect((await post('{"idList')).status).toBe(400)
    expect((await post('[]')).status).toBe(400)
    expect((await post(card, { 'content-type': 'text/plain' })).status).toBe(400)
    expect(simulator.cards).toEqual([])
  })

  test('is not made on an archived list, which says that it is archived', async () => {
    simulator.archiveList()
    expect((await post({ idList: simulator.listId, name: 'Name' })).status).toBe(400)
    expect(JSON.parse((await ask(`lists/${simulator.listId}?fields=closed`)).text)).toEqual({ closed: true })
  })
})

describe('the cards of a list or a board', () => {
  const at = (second: number): Date => new Date(Date.parse('2021-10-27T12:00:00Z') + second * 1_000)

  test('are the newest of those asked for, oldest first', async () => {
    const [one, two, three] = [2, 1, 3].map((second) => simulator.addCard({ name: 'x', at: at(second) }).id)
    expect(idsOf(await ask(`lists/${simulator.listId}/cards`))).toEqual([two, one, three])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?limit=2`))).toEqual([one, three])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?before=${at(3).toISOString()}`))).toEqual([two, one])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?before=${three}&limit=1`))).toEqual([one])
  })

  test('of one second are all passed over with the one that is named', async () => {
    const [one, two] = [simulator.addCard({ name: 'x', at: at(1) }), simulator.addCard({ name: 'x', at: at(1) })]
    expect(idsOf(await ask(`lists/${simulator.listId}/cards`))).toEqual([one.id, two.id])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?before=${two.id}`))).toEqual([])
  })

  test('are the open ones of the list unless others are asked for', async () => {
    const [open, archived, moved] = [1, 2, 3].map((second) => simulator.addCard({ name: 'x', at: at(second) }).id)
    simulator.changeCard(archived ?? '', { closed: true })
    simulator.changeCard(moved ?? '', { idList: simulator.addList('Doing') })
    expect(idsOf(await ask(`lists/${simulator.listId}/cards`))).toEqual([open])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?filter=closed`))).toEqual([archived])
    expect(idsOf(await ask(`lists/${simulator.listId}/cards?filter=all`))).toEqual([open, archived])
    const { idBoard } = simulator.cards[0] ?? { idBoard: '' }
    expect(idsOf(await ask(`boards/${idBoard}/cards?filter=all`))).toEqual([open, archived, moved])
  })

  test('have the fields that were asked for, and always the id', async () => {
    const { id } = simulator.addCard({ name: 'x', desc: 'Words' })
    expect(JSON.parse((await ask(`lists/${simulator.listId}/cards?fields=desc`)).text)).toEqual([{ id, desc: 'Words' }])
  })

  test.each(['limit=0', 'limit=1001', 'limit=x', 'before=yesterday', 'filter=some', 'fields=secrets', 'page=2'])(
    'are not given for %s',
    async (query) => {
      expect((await ask(`lists/${simulator.listId}/cards?${query}`)).status).toBe(400)
    },
  )

  test.each([
    [`lists/${ABSENT}/cards`, 404],
    [`boards/${ABSENT}/cards`, 404],
    [`lists/${ABSENT}`, 404],
    ['lists/inbox', 400],
    ['lists/inbox/cards', 400],
    ['members/me', 404],
  ])('%s is not there', async (path, status) => {
    expect((await ask(path)).status).toBe(status)
  })
})

describe('faults', () => {
  test('strike as often as they were added for, where they fit, and not once they are cleared', async () => {
    simulator.faults.add({ kind: 'rate-limited', retryAfter: '3', path: 'lists/', times: 2 })
    expect((await ask('members/me')).status).toBe(404)
    const struck = await ask(`lists/${simulator.listId}`)
    expect([struck.status, struck.headers.get('retry-after')]).toEqual([429, '3'])
    expect(JSON.parse(struck.text)).toEqual({ error: 'API_TOKEN_LIMIT_EXCEEDED', message: 'Rate limit exceeded' })
    simulator.faults.clear()
    expect((await ask(`lists/${simulator.listId}`)).status).toBe(200)
  })

  test.each([
    [{ kind: 'lost-request' }, 0],
    [{ kind: 'lost-answer' }, 1],
    [{ kind: 'cut-answer' }, 1],
  ] as const)('%j leaves the right number of cards, and a record', async (fault, made) => {
    simulator.faults.add({ ...fault, method: 'POST' })
    await expect(post({ idList: simulator.listId, name: 'Name' })).rejects.toThrow()
    expect(simulator.cards).toHaveLength(made)
    expect(simulator.requests).toMatchObject([{ path: 'cards', fault: fault.kind, made: made === 1 }])
  })
})
