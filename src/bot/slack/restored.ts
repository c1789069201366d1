import type { webApi } from '@slack/bolt'
import type { Witness } from '../../ledger/witnesses.ts'
import { pauseBehind } from '../../pausing/restored.ts'
import type { World } from '../../world.ts'
import { readTrouble } from './errors.ts'
import type { Author } from './own-messages.ts'
import { createReceipts, receiptOf } from './receipts.ts'

/** So many messages of a channel are read at a time, and so often, until one of ours is among them. */
const PAGE = 200
const MOST_PAGES = 10
/** A failover of the database may lose what was done last, while the bot lives on: so often the newest page is read again. */
const LOOK_ANEW_MS = 5 * 60_000

/** After so long operators are told of a channel that Slack does not let us read. */
const REPORT_AFTER_MS = 60 * 60_000

/**
 * Looks into each of our channels, and pauses the bot if one has a message of ours that speaks of what this database does
 * not know. Each channel has its own time: it is due until it was read, and again some minutes after that, whatever becomes
 * of the others. Each look answers which were due and could not be read.
 */
export function createRestoredLook(world: World, client: webApi.WebClient): () => Promise<readonly string[]> {
  const begunAt = world.now().getTime()
  const readAt = new Map<string, number>()
  return async () => {
    const now = world.now().getTime()
    const due = world.channels.filter(
      (channel) => now - (readAt.get(channel) ?? Number.NEGATIVE_INFINITY) >= LOOK_ANEW_MS,
    )
    if (due.length === 0) return []
    const { database } = await createReceipts(world.database)()
    const { user_id: user, bot_id, app_id } = await client.auth.test()
    const unread: string[] = []
    for (const channel of due) {
      const back = { startedAt: begunAt / 1000, pages: readAt.has(channel) ? 1 : MOST_PAGES }
      try {
        const latest = await readLatest(client, channel, { user, bot_id, app_id }, database, back)
        if (await pauseBehind(world, latest)) world.log.error({ channel }, 'paused: an older database')
        readAt.set(channel, now)
      } catch (error) {
        const trouble = readTrouble(error)
        if (!trouble) throw error
        unread.push(channel)
        if (now - (readAt.get(channel) ?? begunAt) >= REPORT_AFTER_MS)
          await world.report(notRead(channel, trouble.code), {})
      }
    }
    return unread
  }
}

function notRead(channel: string, code: string): string {
  return `Slack has not let the bot read ${channel} for an hour (${code}): a failover or an older backup of the database may go unnoticed there`
}

/**
 * What our newest messages in a channel say of the ledger, back to one from before `startedAt`, on so many pages at most: those
 * since then know only what we know, unless the database has lost it. People's messages may stand above them.
 */
async function readLatest(
  client: webApi.WebClient,
  channel: string,
  us: Author,
  database: string,
  { startedAt, pages }: { startedAt: number; pages: number },
): Promise<Witness[]> {
  const latest: Witness[] = []
  const page = { channel, include_all_metadata: true, limit: PAGE }
  let cursor: string | undefined
  for (let number = 1; number <= pages; number++) {
    const { messages = [], response_metadata } = await client.conversations.history({
      ...page,
      ...(cursor ? { cursor } : {}),
    })
    const ours = messages.filter((message) => receiptOf(message, us)?.database === database)
    const receipts = ours.flatMap((message) => receiptOf(message, us) ?? [])
    latest.push(...receipts.map(({ entries, head }) => ({ entries, head, where: channel })))
    cursor = response_metadata?.next_cursor
    if (!cursor || ours.some(({ ts }) => Number(ts) < startedAt)) break
  }
  return latest
}
