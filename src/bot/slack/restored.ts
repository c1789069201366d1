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

/**
 * Looks into each of our channels, and pauses the bot if one has a message of ours that speaks of what this database does
 * not know. A channel that Slack does not let us read is looked at again the next time, and holds up no other; one that was
 * read is not looked at any more. Each look answers which are left.
 */
export function createRestoredLook(world: World, client: webApi.WebClient): () => Promise<readonly string[]> {
  const unread = new Set(world.channels)
  const startedAt = world.now().getTime() / 1000
  return async () => {
    if (unread.size === 0) return []
    const { database } = await createReceipts(world.database)()
    const { user_id: user, bot_id, app_id } = await client.auth.test()
    for (const channel of [...unread]) {
      const latest = await readLatest(client, channel, { user, bot_id, app_id }, database, startedAt).catch(noneYet)
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
 * What our newest messages in a channel say of the ledger, back to one from before `startedAt`: those since then know only
 * what we know. People's messages may stand above them.
 */
async function readLatest(
  client: webApi.WebClient,
  channel: string,
  us: Author,
  database: string,
  startedAt: number,
): Promise<Witness[]> {
  const latest: Witness[] = []
  const page = { channel, include_all_metadata: true, limit: PAGE }
  let cursor: string | undefined
  for (let number = 1; number <= MOST_PAGES; number++) {
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
