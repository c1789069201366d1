import { createHash } from 'node:crypto'
import type { webApi } from '@slack/bolt'
import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { type Author, isBy, METADATA_EVENT } from './own-messages.ts'

// Every message carries the number that the ledger had come to when it was drawn, and the hash of that entry. So Slack knows
// more than a database that was restored from a backup, and is a witness of what the ledger was.

/** Which database a message comes from, how many entries its ledger had, and the hash of the last one. */
export type Receipt = { database: string; entries: string; head: string }

/** What a message is to carry now. */
export function createReceipts(database: DataSource): () => Promise<Receipt> {
  return async () => {
    const [row] = await database.query<{ id: string; seq: string; hash: string }[]>(
      `SELECT id || '/' || environment AS id, seq, hash FROM chatops.identity, chatops.ledger_head`,
    )
    if (!row) throw new Error('chatops.identity is empty: run the migrations')
    return { database: nameOf(row.id), entries: row.seq, head: row.hash }
  }
}

/**
 * What the messages of this database may call it: it is named for its environment, and was named for others before it was
 * taken over, as the ledger says.
 */
export async function findNames(database: DataSource): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }[]>(NAMES)
  return new Set(rows.map(({ id }) => nameOf(id)))
}

const NAMES = `
  SELECT id || '/' || environment AS id FROM chatops.identity WHERE environment IS NOT NULL
  UNION
  SELECT id || '/' || (details ->> 'from') FROM chatops.identity, chatops.ledger
  WHERE event = 'adopted' AND details ->> 'from' IS NOT NULL`

function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}

type Metadata = { event_type: string; event_payload: Record<string, string> }

/** The client, but that each message with metadata that it posts or updates carries a receipt. */
export function withReceipts(client: webApi.WebClient, readReceipt: () => Promise<Receipt>): webApi.WebClient {
  const carrying = async <P extends { metadata?: unknown }>(posted: P): Promise<P> => {
    const metadata = posted.metadata as Metadata | undefined // as the poster gives it
    if (!metadata) return posted
    const event_payload = { ...metadata.event_payload, ...(await readReceipt()) }
    return { ...posted, metadata: { ...metadata, event_payload } }
  }
  const carried: Pick<typeof client.chat, 'postMessage' | 'update'> = {
    postMessage: async (posted) => client.chat.postMessage(posted && (await carrying(posted))),
    update: async (posted) => client.chat.update(posted && (await carrying(posted))),
  }
  return Object.assign(Object.create(client), { chat: { ...client.chat, ...carried } })
}

/** Messages from before the ledger's hash was carried have none. */
const carried = z.object({
  metadata: z.object({
    event_type: z.literal(METADATA_EVENT),
    event_payload: z.object({
      database: z.string(),
      entries: z.string().regex(/^\d{1,18}$/),
      head: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullable()
        .catch(null),
    }),
  }),
})

/** What one of our messages carries; null if it is somebody else's, or carries nothing. */
export function receiptOf(message: object, us: Author): z.output<typeof carried>['metadata']['event_payload'] | null {
  const { data } = isBy(message, us) ? carried.safeParse(message) : {}
  return data?.metadata.event_payload ?? null
}
