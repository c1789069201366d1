// Each fault × each call: what came of it; and asked again until it is done, there is one card.
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/trello/index.ts'
import type { Reply } from '../../sandbox/trello/rest-api.ts'
import { createTrelloClient, type TrelloError } from '../../src/trello/index.ts'
import { CARD, failureOf, startTrello, type Trello } from './client-setup.ts'

const CALLS = {
  'get list': { method: 'GET', path: 'lists/' },
  'find card': { method: 'GET', path: 'boards/' },
  'add card': { method: 'POST', path: 'cards' },
} as const
type Call = keyof typeof CALLS

type Expected = { kind: string; code?: string | null; status?: number | null; waitMs?: number | null; made?: boolean }

const rewritten = (change: (reply: Reply) => Reply) => ({ kind: 'rewritten', rewrite: change }) as const
const body = (text: string) => rewritten((reply) => ({ ...reply, body: text }))

/** What goes wrong → the fault that makes it so, what a question comes to, and what a card on its way does. */
const FAULTS: Record<string, [fault: Fault, asked: Expected, sent: Expected]> = {
  '429, nothing said': both(
    { kind: 'rate-limited' },
    { kind: 'wait', waitMs: 10_000, code: 'API_TOKEN_LIMIT_EXCEEDED' },
  ),
  '429, wait 2 s': both({ kind: 'rate-limited', retryAfter: '2' }, { kind: 'wait', waitMs: 2_000 }),
  '429, wait until then': both(
    { kind: 'rate-limited', retryAfter: 'Wed, 27 Oct 2021 15:07:00 GMT' },
    { kind: 'wait', waitMs: 13_000 },
  ),
  '429, nonsense said': both({ kind: 'rate-limited', retryAfter: 'soon' }, { kind: 'wait', waitMs: 10_000 }),
  '429, wait for a year': both({ kind: 'rate-limited', retryAfter: '31536000' }, { kind: 'wait', waitMs: 3_600_000 }),
  '400': both(
    { kind: 'refused', status: 400, body: 'invalid value for desc' },
    { kind: 'refused', status: 400, code: null },
  ),
  '401': both({ kind: 'refused', status: 401 }, { kind: 'unauthorised', status: 401, code: null }),
  '401 expired token': both(
    { kind: 'refused', status: 401, body: 'expired token' },
    { kind: 'unauthorised', code: 'expired-token' },
  ),
  '403': both({ kind: 'refused', status: 403 }, { kind: 'unauthorised', status: 403 }),
  '404': both({ kind: 'refused', status: 404 }, { kind: 'refused', status: 404 }),
  'a redirect': both({ kind: 'refused', status: 302 }, { kind: 'refused', status: 302 }),
  '408': unknown({ kind: 'refused', status: 408 }, { status: 408 }),
  '500': unknown({ kind: 'server-error' }, { status: 500, code: null }),
  '503': unknown({ kind: 'server-error', status: 503 }, { status: 503 }),
  '500, though carried out': unknown({ kind: 'server-error', performed: true }, { status: 500, made: true }),
  '204': unknown(
    { kind: 'rewritten', rewrite: (reply) => ({ ...reply, status: 204, body: '' }) },
    { status: 204, made: true },
  ),
  'connection lost, nothing done': unknown({ kind: 'lost-request' }, {}),
  'answer lost after it was carried out': unknown({ kind: 'lost-answer' }, { made: true }),
  'answer cut off in the middle': unknown({ kind: 'cut-answer' }, { made: true }),
  'no answer in time, nothing done': unknown({ kind: 'hang' }, { code: 'timeout' }),
  'no answer in time, though carried out': unknown({ kind: 'hang', performed: true }, { code: 'timeout', made: true }),
  'no JSON': unknown({ kind: 'garbled' }, { status: 200, code: 'unreadable', made: true }),
  'JSON of something else': unknown(body('{"ok":true}'), { code: 'unreadable', made: true }),
  null: unknown(body('null'), { code: 'unreadable', made: true }),
  'an id that is none': unknown(
    rewritten((reply) => ({ ...reply, body: reply.body.replaceAll(/"(id|idBoard)":"[^"]*"/g, '"$1":"../x"') })),
    { code: 'unreadable', made: true },
  ),
}

function both(fault: Fault, expected: Expected): [Fault, Expected, Expected] {
  return [fault, expected, { ...expected, made: false }]
}

/** A question that was not answered can be asked again; a card that was sent may have been made. */
function unknown(fault: Fault, facts: Omit<Expected, 'kind'>): [Fault, Expected, Expected] {
  const { made = false, ...seen } = facts
  return [fault, { ...seen, kind: 'unavailable' }, { ...seen, kind: 'outcome-unknown', made }]
}

describe.each(Object.entries(FAULTS))('%s', (_, [fault, asked, sent]) => {
  test.each(Object.keys(CALLS) as Call[])(
    'on “%s”: is told as it is, and there is one card in the end',
    async (call) => {
      const trello = await startTrello(fault.kind === 'hang' ? { timeoutMs: 600 } : {})
      // A card of someone else's, so that a search has something to answer with.
      trello.simulator.addCard({ name: 'Other card', desc: 'Not ours' })
      trello.simulator.faults.add({ ...fault, ...CALLS[call] })
      const error = await failureOf(trello.client.addCard({ ...CARD, again: call === 'find card' }))
      const { made = false, ...expected } = call === 'add card' ? sent : asked
      expect(error).toMatchObject({ ...expected, call })
      if (error?.kind !== 'wait') expect(error?.waitMs).toBeNull()
      expect(trello.made(), 'made by the failed attempt').toHaveLength(made ? 1 : 0)
      expect(trello.asked().filter((one) => one === 'POST cards')).toHaveLength(call === 'add card' ? 1 : 0)
      expectSilence(trello, error)

      const added = await createTrelloClient({ ...trello.given, timeoutMs: 10_000 }).addCard({ ...CARD, again: true })
      expect(trello.made().map(({ id }) => id)).toEqual([added.id])
      await trello.stop()
    },
  )
})

/** Nobody is told the key, the token, or what was written; the log is told once that it failed. */
function expectSilence({ given, logged }: Trello, error: TrelloError | null): void {
  const told = [error?.message, error?.stack, JSON.stringify(error), String(error?.cause), ...logged].join('\n')
  for (const secret of [given.key, given.token, CARD.title, CARD.text]) expect(told).not.toContain(secret)
  expect(logged).toEqual([expect.stringContaining(`"kind":"${error?.kind}"`)])
}

test.each(Object.keys(CALLS) as Call[])('an answer without end to “%s” is not read to its end', async (call) => {
  const trello = await startTrello()
  trello.simulator.faults.add({ ...body(`"${'x'.repeat(33 * 1024 * 1024)}"`), ...CALLS[call] })
  const error = await failureOf(trello.client.addCard({ ...CARD, again: call === 'find card' }))
  const kind = call === 'add card' ? 'outcome-unknown' : 'unavailable'
  expect(error).toMatchObject({ kind, call, code: 'too-large' })
  await trello.stop()
})

test('a refusal names only codes that Trello is known to have', async () => {
  const trello = await startTrello()
  for (const [error, code] of [
    ['API_TOKEN_LIMIT_EXCEEDED', 'API_TOKEN_LIMIT_EXCEEDED'],
    ['ZOE_MULLER', null],
  ]) {
    trello.simulator.faults.add({
      kind: 'refused',
      status: 400,
      body: JSON.stringify({ error, message: 'Zoë Müller' }),
    })
    expect(await failureOf(trello.client.addCard(CARD))).toMatchObject({ kind: 'refused', status: 400, code })
  }
  await trello.stop()
})

test('slow, but in time', async () => {
  const trello = await startTrello()
  trello.simulator.faults.add({ kind: 'slow', ms: 40, times: 3 })
  await trello.client.addCard({ ...CARD, again: true })
  expect(trello.made()).toHaveLength(1)
  await trello.stop()
})

test('where nobody listens, nothing was sent', async () => {
  const trello = await startTrello()
  await trello.stop()
  const client = createTrelloClient(trello.given)
  expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'unavailable', code: 'ECONNREFUSED' })
})

test('where nobody listens any more once the list was read, no card was sent', async () => {
  const trello = await startTrello()
  const { simulator, client } = trello
  const stop = (reply: Reply): Reply => {
    setImmediate(() => void simulator.stop())
    return { ...reply, headers: { ...reply.headers, connection: 'close' } }
  }
  simulator.faults.add({ kind: 'rewritten', path: 'lists/', rewrite: stop })
  const expected = { kind: 'unavailable', call: 'add card', code: 'ECONNREFUSED' }
  expect(await failureOf(client.addCard(CARD))).toMatchObject(expected)
  expect(simulator.cards).toEqual([])
})

test('a redirect is not followed', async () => {
  const trello = await startTrello()
  const { simulator, client } = trello
  const elsewhere = { location: `${simulator.url}lists/${simulator.listId}?fields=closed,idBoard` }
  const redirect = (reply: Reply): Reply => ({ ...reply, status: 307, headers: elsewhere })
  simulator.faults.add({ kind: 'rewritten', path: 'lists/', rewrite: redirect })
  expect(await failureOf(client.addCard(CARD))).toMatchObject({ kind: 'refused', status: 307 })
  expect(simulator.requests).toHaveLength(1)
  await trello.stop()
})

test.each([
  'javascript:alert(1)',
  'https://elsewhere.example/c/abcdef12',
  'https://trello.com/c/abcdef12/1-zoe-muller',
  'https://trello.com/c/abcdef12?for=Zoe',
  'https://zoe:muller@trello.com/c/abcdef12',
])('a card whose link is %s is taken for an answer that cannot be read', async (link) => {
  const trello = await startTrello()
  const evil = (reply: Reply): Reply => ({
    ...reply,
    body: reply.body.replace(/"shortUrl":"[^"]*"/, `"shortUrl":"${link}"`),
  })
  trello.simulator.faults.add({ kind: 'rewritten', method: 'POST', rewrite: evil })
  expect(await failureOf(trello.client.addCard(CARD))).toMatchObject({ kind: 'outcome-unknown', code: 'unreadable' })
  await trello.stop()
})

test('answers lost one after the other, on whatever was asked, end in one card', async () => {
  const trello = await startTrello()
  const lost: Call[] = ['add card', 'get list', 'find card', 'find card']
  const kinds: (string | undefined)[] = []
  for (const [attempt, call] of [...lost, null].entries()) {
    if (call) trello.simulator.faults.add({ kind: 'lost-answer', ...CALLS[call] })
    kinds.push((await failureOf(trello.client.addCard({ ...CARD, again: attempt > 0 })))?.kind)
  }
  expect(kinds).toEqual(['outcome-unknown', 'unavailable', 'unavailable', 'unavailable', undefined])
  expect(trello.made()).toHaveLength(1)
  await trello.stop()
})
