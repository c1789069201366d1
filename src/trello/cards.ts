// What we ask of Trello: the list, whether our card is there, and the card.
import { z } from 'zod'
import { endsWithMarker } from './card-text.ts'
import { type TrelloCall, TrelloError } from './errors.ts'
import { type Exchange, unreadable } from './exchange.ts'

/** A card as it is known afterwards; `url` is for people. */
export type TrelloCard = { id: string; url: string }

/** With the longest descriptions, a page of this many still fits the size limit. Trello gives at most 1,000. */
const PAGE = 300

const trelloId = z.string().regex(/^[0-9a-f]{24}$/i)
const TrelloList = z.object({ closed: z.boolean(), idBoard: trelloId })
const MadeCard = z.object({ id: trelloId, shortUrl: z.url() })
/** Other people's cards may be of kinds we do not know; only a match must have a link. */
const ListedCards = z.array(z.object({ id: trelloId, desc: z.string().nullish(), shortUrl: z.unknown().optional() }))

/** What one attempt asks with. */
export type Asking = { exchange: Exchange; api: URL; underWay: AbortController }

/** The list's board, and whether the list is archived. Throws TrelloError, `refused` if there is no such list. */
export async function getList({ exchange, underWay }: Asking, listId: string) {
  const call = 'get list'
  const answer = await exchange({ call, path: `lists/${listId}`, query: { fields: 'closed,idBoard' }, underWay })
  const { closed, idBoard } = parse(call, TrelloList, answer)
  return { boardId: idBoard, isArchived: closed }
}

/**
 * The board's oldest card whose description ends with the marker, in whatever list it is by now and archived or not; null
 * if there is none. Others with the marker are removed. Throws TrelloError.
 */
export async function keepOldest(
  asking: Asking,
  wanted: { boardId: string; marker: string; since: Date | null },
): Promise<TrelloCard | null> {
  const [oldest, ...others] = (await findCards(asking, wanted)).sort((one, other) => (one.id < other.id ? -1 : 1))
  for (const { id } of others) await removeCard(asking, id)
  return oldest ?? null
}

/**
 * The board's cards whose description ends with the marker. Looks through the cards from the newest to those made before
 * `since`. Throws TrelloError.
 */
async function findCards(
  { exchange, api, underWay }: Asking,
  { boardId, marker, since }: { boardId: string; marker: string; since: Date | null },
): Promise<TrelloCard[]> {
  const call = 'find card'
  const found: TrelloCard[] = []
  const fixed = { fields: 'desc,shortUrl', filter: 'all', limit: String(PAGE) }
  for (let before: string | null = null; ; ) {
    const query: Record<string, string> = before === null ? fixed : { ...fixed, before }
    const cards = parse(call, ListedCards, await exchange({ call, path: `boards/${boardId}/cards`, query, underWay }))
    for (const card of cards.filter(({ desc }) => endsWithMarker(desc ?? '', marker))) {
      const known = forPeople(call, parse(call, MadeCard, card), api)
      if (!found.some(({ id }) => id === known.id)) found.push(known)
    }
    const ids = cards.map(({ id }) => id.toLowerCase()).sort()
    const [oldest] = ids
    if (oldest === undefined || cards.length < PAGE) return found
    if (since && madeAt(oldest) < since.getTime()) return found
    const next = beforeNextPage(oldest, ids.at(-1) ?? oldest)
    if (next === before) throw unreadable(call, 'endless-pages')
    before = next
  }
}

/** Removes a card of ours, unless it has gone already. Throws TrelloError. */
async function removeCard({ exchange, underWay }: Asking, id: string): Promise<void> {
  await exchange({ call: 'remove card', path: `cards/${id}`, removes: true, underWay }).catch((error: unknown) => {
    if (!(error instanceof TrelloError && error.status === 404)) throw error
  })
}

/** Makes the card. Sends once. Throws TrelloError. */
export async function makeCard(
  { exchange, api, underWay }: Asking,
  card: { listId: string; name: string; desc: string },
): Promise<TrelloCard> {
  const call = 'add card'
  const post = { idList: card.listId, name: card.name, desc: card.desc }
  return forPeople(call, parse(call, MadeCard, await exchange({ call, path: 'cards', post, underWay })), api)
}

function parse<T>(call: TrelloCall, schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw unreadable(call)
  return parsed.data
}

/** The card with its link, which must lead to Trello's page of it, or to that of the simulator we are talking to. */
function forPeople(call: TrelloCall, { id, shortUrl }: z.output<typeof MadeCard>, api: URL): TrelloCard {
  const { origin, pathname, href } = new URL(shortUrl)
  const isTrello = origin === 'https://trello.com' || origin === api.origin
  if (!isTrello || !/^\/c\/[A-Za-z0-9]{6,12}$/.test(pathname) || href !== `${origin}${pathname}`) throw unreadable(call)
  return { id, url: shortUrl }
}

/**
 * Where the next page ends. Trello takes `before` to the second only and may pass over the rest of a page's oldest second
 * (github.com/trello-archive/api-docs/issues/68): that second is asked for again, unless it fills the page.
 */
function beforeNextPage(oldest: string, newest: string): string {
  return madeAt(oldest) === madeAt(newest) ? oldest : new Date(madeAt(oldest) + 1_000).toISOString()
}

/** When it was made, in milliseconds, to the second: a Trello id begins with that, in hexadecimal. */
export function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 1_000
}
