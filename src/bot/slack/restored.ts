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

/**
 * Looks into each of our channels, and pauses the bot if one has a message of ours that speaks of what this database does
 * not know. A channel that Slack does not let us read is looked at again the next time, and holds up no other; one that was
 * read is looked at again after some minutes. Each look answers which are left.
 */
export function createRestoredLook(world: World, client: webApi.WebClient): () => Promise<readonly string[]> {
  const unread = new Set(world.channels)
  const startedAt = world.now().getTime() / 1000
  let [begunAt, pages] = [world.now().getTime(), MOST_PAGES]
  return async () => {
    if (unread.size === 0 && world.now().getTime() - begunAt >= LOOK_ANEW_MS) {
      for (const channel of world.channels) unread.add(channel)
      begunAt = world.now().getTime()
      pages = 1
    }
    if (unread.size === 0) return []
    const { database } = await createReceipts(world.database)()
    const { user_id: user, bot_id, app_id } = await client.auth.test()
    for (const channel of [...unread]) {
      const us = { user, bot_id, app_id }
      const latest = await readLatest(client, channel, us, database, { startedAt, pages }).catch(noneYet)
      if (latest === null) continue
      if (await pauseBehind(world, latest)) world.log.error({ channel }, 'paused: an older database')
      unread.delete(channel)
    }
    return [...unread]
  }
}

/** Slack's answer is awaited; what else goes wrong is not passed over. */
function noneYet(error: unknown): null {
  if (readTrouble(error)) return null
  throw error
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
