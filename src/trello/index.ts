// Trello, as far as the bot uses it: adds a card to one list, once.
import { cardDescription, cardName, markerOf } from './card-text.ts'
import { type Asking, getList, keepOldest, madeAt, makeCard, type TrelloCard } from './cards.ts'
import { TrelloError } from './errors.ts'
import { createExchange } from './exchange.ts'
import type { Log } from './log.ts'

export type { TrelloCard } from './cards.ts'
export { TrelloError } from './errors.ts'

export type TrelloSettings = {
  /** Trello's own unless given. */
  apiUrl?: string
  key: string
  token: string
  /** The list that cards are added to: 24 hexadecimal digits. */
  listId: string
  /** Milliseconds for one exchange, from connecting to the end of the answer; 10,000 unless given. */
  timeoutMs?: number
  /** Milliseconds for all of `addCard`; 40,000 unless given. After 60,000 the outbox takes a sender for dead. */
  longestMs?: number
  now?: () => Date
  log?: Log
}

export type CardToAdd = {
  /** The outbox row's id: one card for each. */
  key: string
  /** Plain text without personal data, as is `text`. */
  title: string
  text: string
  /** Whether an earlier attempt may have got through: then it is looked for before a card is made. */
  again: boolean
  /** When the card was first to be added, if known: then older cards need not be looked through. */
  since?: Date
  /** Whether nobody else adds it by now: asked just before it is made, and again afterwards. */
  isHeld: () => Promise<boolean>
}

const SILENT: Log = { debug: () => {}, warn: () => {} }
/** Trello's clock and ours may differ. */
const ONE_DAY_MS = 86_400_000
const ONE_MINUTE_MS = 60_000

/** Throws if the URL is not https (plain http is for the simulator on this machine) or a setting is malformed. */
export function createTrelloClient(settings: TrelloSettings) {
  const { key, token, listId, timeoutMs = 10_000, longestMs = 40_000, now = () => new Date(), log = SILENT } = settings
  const api = readApiUrl(settings.apiUrl ?? 'https://api.trello.com/1/')
  if (!/^[0-9a-f]{24}$/i.test(listId)) throw new Error('A Trello list id is 24 hexadecimal digits')
  if (![key, token].every((secret) => /^[\w-]{1,256}$/.test(secret))) {
    throw new Error('Trello’s key and token are letters and digits')
  }
  // developer.atlassian.com, Trello, "Passing token and key in API requests": as a header, so that no URL holds them.
  const authorization = `OAuth oauth_consumer_key="${key}", oauth_token="${token}"`
  const exchange = createExchange({ api, authorization, timeoutMs, now })
  const calls = new Set<AbortController>()
  let closed = false

  /**
   * Adds the card, or finds that it was added by an earlier attempt. Throws TrelloError. Cards that were deleted or
   * moved to another board, or whose last line was edited, are not found again.
   */
  async function addCard(card: CardToAdd): Promise<TrelloCard> {
    try {
      return await withinTime((asking) => findOrAdd(asking, card))
    } catch (error) {
      if (error instanceof TrelloError) {
        const { call, kind, status, code, waitMs } = error
        log.warn({ call, kind, status, code, waitMs }, 'Trello did not do what was asked')
      }
      throw error
    }
  }

  async function findOrAdd(asking: Asking, card: CardToAdd): Promise<TrelloCard> {
    const { key: outboxId, title, text, again, since } = card
    if (!/^[\w-]{1,64}$/.test(outboxId)) throw new TrelloError('refused', 'add card', { code: 'key-malformed' })
    const marker = markerOf(outboxId)
    const content = { name: cardName(title), desc: cardDescription(text, marker) }
    const { boardId, isArchived } = await getList(asking, listId)
    const wanted = { boardId, marker, since: since ? new Date(since.getTime() - ONE_DAY_MS) : null }
    if (again) {
      const earlier = await keepOldest(asking, wanted)
      if (earlier) log.debug({ card: earlier.id }, 'the card had been added to Trello before')
      if (earlier) return earlier
    }
    // Trello may put a card into an archived list, where nobody sees it.
    if (isArchived) throw new TrelloError('refused', 'add card', { code: 'list-archived' })
    return makeOnce(asking, card, { listId, ...content }, wanted)
  }

  /**
   * Trello takes a card however late its sender wakes up. Whoever makes one that others have tried to make, or make by
   * now, looks afterwards as well: only the oldest is kept. Of two senders, the one that makes its card later sees both.
   */
  async function makeOnce(
    asking: Asking,
    { again, isHeld }: CardToAdd,
    content: Parameters<typeof makeCard>[1],
    wanted: Parameters<typeof keepOldest>[1],
  ): Promise<TrelloCard> {
    if (!(await isHeld())) throw new TrelloError('unavailable', 'add card', { code: 'taken-over' })
    const made = await makeCard(asking, content).catch(async (error: unknown) => {
      if (!(await isHeld())) await keepOldest(asking, wanted)
      throw error
    })
    const isAlone = await isHeld()
    if (isAlone && !again) return made
    // The search before had seen what was older.
    const since = isAlone ? new Date(madeAt(made.id) - longestMs - ONE_MINUTE_MS) : wanted.since
    return (await keepOldest(asking, { ...wanted, since })) ?? made
  }

  async function withinTime<T>(ask: (asking: Asking) => Promise<T>): Promise<T> {
    if (closed) throw new TrelloError('unavailable', 'add card', { code: 'closed' })
    const underWay = new AbortController()
    const timer = setTimeout(() => underWay.abort('timeout'), longestMs)
    calls.add(underWay)
    try {
      return await ask({ exchange, api, underWay })
    } finally {
      clearTimeout(timer)
      calls.delete(underWay)
    }
  }

  return {
    addCard,
    /** Breaks off what is under way. The outcome of a card that was being sent is `outcome-unknown` then. */
    close(): void {
      closed = true
      for (const underWay of calls) underWay.abort('closed')
    },
  }
}

function readApiUrl(text: string): URL {
  const url = new URL(text.endsWith('/') ? text : `${text}/`)
  const isLoopback = url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !isLoopback) throw new Error('Trello must be reached by https')
  if (url.username || url.password || url.search || url.hash) throw new Error('Trello’s URL must be a mere URL')
  return url
}
