import { createHash } from 'node:crypto'
import type { webApi } from '@slack/bolt'
import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { pauseBehind } from '../brake/restored.ts'
import type { World } from '../world.ts'
import { isBy, METADATA_EVENT } from './poster.ts'

// Every message carries the number that the ledger had come to when it was drawn. So Slack knows more than a database
// that was restored from a backup.

/** Which database a message comes from, and how many entries its ledger had. */
export type Receipt = { database: string; entries: string }

/** What a message is to carry now. */
export function createReceipts(database: DataSource): () => Promise<Receipt> {
  return async () => {
    const [row] = await database.query<{ id: string; seq: string }[]>(
      `SELECT id || '/' || environment AS id, seq FROM chatops.identity, chatops.ledger_head`,
    )
    if (!row) throw new Error('chatops.identity is empty: run the migrations')
    return { database: createHash('sha256').update(row.id).digest('hex').slice(0, 16), entries: row.seq }
  }
}

/** The newest messages of each channel that are looked at. */
const NEWEST = 200

const carried = z.object({
  metadata: z.object({
    event_type: z.literal(METADATA_EVENT),
    event_payload: z.object({ database: z.string(), entries: z.string().regex(/^\d{1,18}$/) }),
  }),
})

/** Pauses the bot if the channels have messages of ours from a later time than this database knows. */
export async function pauseIfRestored(
  world: World,
  client: webApi.WebClient,
  { ALLOWED_CHANNELS: channels }: { ALLOWED_CHANNELS: readonly string[] },
): Promise<void> {
  const { database } = await createReceipts(world.database)()
  const { user_id: user, bot_id, app_id } = await client.auth.test()
  const us = { user, bot_id, app_id }
  let latest = 0n
  for (const channel of channels) {
    const page = { channel, include_all_metadata: true, limit: NEWEST }
    const { messages = [] } = await client.conversations.history(page)
    for (const message of messages.filter((one) => isBy(one, us))) {
      const { data } = carried.safeParse(message)
      const receipt = data?.metadata.event_payload
      if (receipt?.database === database && BigInt(receipt.entries) > latest) latest = BigInt(receipt.entries)
    }
  }
  if (await pauseBehind(world, latest)) world.log.error({ entries: latest.toString() }, 'paused: an older database')
}
