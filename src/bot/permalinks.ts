import type { webApi } from '@slack/bolt'
import type { DataSource } from 'typeorm'

/** Where a message stands in Slack; null where that is not known. */
export type Permalinks = (channel: string, ts: string | null) => string | null

/**
 * Makes links to messages from where they stand, which is kept with each request and alert: as chat.getPermalink writes
 * them, without asking Slack for each one.
 * @param workspaceUrl what auth.test says, such as "https://example.slack.com/"; null where Slack has not answered yet
 */
export function createPermalinks(client: webApi.WebClient, workspaceUrl: string | null): Permalinks {
  let url = workspaceUrl
  let _asking: Promise<void> | null = null

  function ask(): Promise<void> {
    const keep = (answer: { url?: string }) => {
      url = answer.url ?? null
    }
    return client.auth
      .test()
      .then(keep, () => {})
      .finally(() => {
        _asking = null
      })
  }

  return (channel, ts) => {
    if (url === null) _asking ??= ask()
    if (url === null || ts === null || !URL.canParse(url) || !/^\d+\.\d+$/.test(ts)) return null
    return new URL(`/archives/${encodeURIComponent(channel)}/p${ts.replace('.', '')}`, url).href
  }
}

/** A message, view or answer on its way to Slack, in which every request's name has become a link to its card. */
export type Link = <T>(shown: T) => Promise<T>

/** Links, code, and names of requests: what is linked or code already stays as it is. */
const NAMES = /<[^>]*>|```[\s\S]*?```|`[^`]*`|(?<![\w-])CR-(\d{1,18})(?![\w-])/g

/** Slack takes no longer text; the names for whose links there is no room stay as they are. */
const LONGEST_TEXT = 3_000

/**
 * Links requests' names in our own words, wherever they are shown. A request without a card has no link: it was not sent,
 * or is not posted yet. Whoever has not joined the channel of a card is told so by Slack.
 */
export function createRequestLinks(database: DataSource, permalinks: Permalinks): Link {
  return async (shown) => {
    const ids = new Set<string>()
    mapTexts(shown, (text) => {
      for (const [, id] of text.matchAll(NAMES)) if (id) ids.add(id)
      return text
    })
    if (ids.size === 0) return shown
    const links = await findLinks(database, permalinks, [...ids]).catch(() => null)
    if (!links || links.size === 0) return shown
    return mapTexts(shown, (text) => linked(text, links)) as typeof shown
  }
}

async function findLinks(database: DataSource, permalinks: Permalinks, ids: string[]): Promise<Map<string, string>> {
  const cards = await database.query<{ id: string; channel: string; ts: string }[]>(
    'SELECT id, channel, card_ts AS ts FROM chatops.change_requests WHERE id = ANY($1) AND card_ts IS NOT NULL',
    [ids],
  )
  return new Map(
    cards.flatMap(({ id, channel, ts }) => {
      const link = permalinks(channel, ts)
      return link ? [[id, link] as const] : []
    }),
  )
}

function linked(text: string, links: ReadonlyMap<string, string>): string {
  let room = LONGEST_TEXT - text.length
  return text.replace(NAMES, (found, id?: string) => {
    const link = id === undefined ? undefined : links.get(id)
    const shown = link === undefined ? found : `<${link}|${found}>`
    const more = shown.length - found.length
    if (more > room) return found
    room -= more
    return shown
  })
}

/** Choices and dialogs take no links. */
const WITHOUT_LINKS = new Set(['options', 'initial_option', 'initial_options', 'confirm'])

/** The same with its formatted texts changed; a message's own text only where it has no blocks. */
function mapTexts(value: unknown, change: (text: string) => string, isWhole = true): unknown {
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, false))
  if (typeof value !== 'object' || value === null) return value
  const { type, blocks } = value as { type?: unknown; blocks?: unknown }
  const isText = type === 'mrkdwn' || (isWhole && blocks === undefined)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (WITHOUT_LINKS.has(key)) return [key, item]
      if (key === 'text' && typeof item === 'string') return [key, isText ? change(item) : item]
      return [key, mapTexts(item, change, false)]
    }),
  )
}
