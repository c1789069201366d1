// The REST API's requests: which there are, and what each must look like. Answers that refuse are plain text, as Trello's.
import type { Board, Card } from './board.ts'

export type ApiRequest = {
  method: string
  /** What follows `/1/`. */
  path: string
  query: URLSearchParams
  contentType: string
  body: string
}

export type Reply = { status: number; headers: Record<string, string>; body: string }

/** What Trello answers when it will not do something. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
    this.name = 'Refusal'
  }
}

const LONGEST = 16_384
const MOST_CARDS = 1_000
const TRELLO_ID = /^[0-9a-f]{24}$/i
const CARD_FIELDS = ['id', 'idBoard', 'idList', 'name', 'desc', 'closed', 'shortLink', 'shortUrl'] as const

/** Carries out one request. Throws Refusal. */
export function performRequest(board: Board, request: ApiRequest): Reply {
  const { method, path, query } = request
  const [, kind = '', id = '', cards] = /^(boards|lists)\/([^/]*)(\/cards)?$/.exec(path) ?? []
  if (method === 'POST' && path === 'cards') return json(createCard(board, request))
  if (method === 'DELETE' && /^cards\/[0-9a-f]{24}$/i.test(path)) return json(removeCard(board, path.slice(6)))
  if (method === 'GET' && kind && cards) return json(listCards(board, { kind, id }, query))
  if (method === 'GET' && kind === 'lists') return json(readList(board, id, query))
  throw new Refusal(404, `Cannot ${method} /1/${path}`)
}

function createCard(board: Board, { query, contentType, body }: ApiRequest): Card {
  known(query, [])
  if (!/^application\/json(;|$)/i.test(contentType)) throw invalid('idList')
  const { idList, name, desc = '', ...others } = readJson(body)
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(other)
  if (typeof idList !== 'string' || !TRELLO_ID.test(idList)) throw invalid('idList')
  if (typeof name !== 'string' || name === '' || name.length > LONGEST) throw invalid('name')
  if (typeof desc !== 'string' || desc.length > LONGEST) throw invalid('desc')
  const list = board.findList(idList)
  if (!list) throw new Refusal(404, 'could not find the board that the card belongs to')
  if (list.closed) throw new Refusal(400, 'the list is archived')
  return board.add({ name, desc, idList })
}

function removeCard(board: Board, id: string): object {
  if (!board.remove(id)) throw new Refusal(404, 'The requested resource was not found.')
  return { limits: {} }
}

function readList(board: Board, id: string, query: URLSearchParams): object {
  known(query, ['fields'])
  if (!TRELLO_ID.test(id)) throw new Refusal(400, 'invalid id')
  const list = board.findList(id)
  if (!list) throw new Refusal(404, 'model not found')
  const select = readFields(query, ['id', 'idBoard', 'name', 'closed'])
  return select({ id, idBoard: board.id, ...list })
}

/** The newest cards of a board or list before some time, oldest first. */
function listCards(board: Board, { kind, id }: { kind: string; id: string }, query: URLSearchParams): object[] {
  known(query, ['fields', 'filter', 'limit', 'before'])
  if (!TRELLO_ID.test(id)) throw new Refusal(400, 'invalid id')
  const isThere = kind === 'boards' ? id === board.id : board.findList(id) !== null
  if (!isThere) throw new Refusal(404, kind === 'boards' ? 'The requested resource was not found.' : 'model not found')
  const limit = Number(query.get('limit') ?? MOST_CARDS)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_CARDS) throw invalid('limit')
  const filter = query.get('filter') ?? 'open'
  if (!['all', 'open', 'closed'].includes(filter)) throw invalid('filter')
  const before = query.has('before') ? readSecond(query.get('before') ?? '') : Number.POSITIVE_INFINITY
  const select = readFields(query, CARD_FIELDS)
  return board.cards
    .filter((card) => kind === 'boards' || card.idList === id)
    .filter(({ closed }) => filter === 'all' || closed === (filter === 'closed'))
    .filter((card) => madeAt(card.id) < before)
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .slice(-limit)
    .map((card) => ({ id: card.id, ...select(card) }))
}

/** A date or an id as a time; of an id only the second counts, so that others of its second are passed over with it. */
function readSecond(before: string): number {
  if (TRELLO_ID.test(before)) return madeAt(before)
  const time = /^\d{4}-\d{2}-\d{2}(T|$)/.test(before) ? Date.parse(before) : Number.NaN
  if (Number.isNaN(time)) throw invalid('before')
  return time
}

function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 1000
}

/** Stricter than Trello, which passes over what it does not know. */
function known(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys()) if (!names.includes(name)) throw invalid(name)
}

function readFields(query: URLSearchParams, fields: readonly string[]) {
  const asked = query.get('fields')?.split(',') ?? fields
  if (!asked.every((field) => fields.includes(field))) throw invalid('fields')
  return (row: Record<string, unknown>): object => Object.fromEntries(asked.map((field) => [field, row[field]]))
}

function readJson(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    // Refused below, like JSON that is no object.
  }
  throw new Refusal(400, 'Error parsing body: invalid JSON')
}

function invalid(name: string): Refusal {
  return new Refusal(400, `invalid value for ${name}`)
}

function json(body: object): Reply {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) }
}
