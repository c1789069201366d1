import type { webApi } from '@slack/bolt'
import type { Message } from '../views/kit/blocks.ts'
import { markEnvironment } from '../views/kit/environment.ts'
import type { Receipt } from './receipts.ts'

/** What each message says of where it comes from. */
export type Origin = { environment: string; readReceipt: () => Promise<Receipt> }

/** As the poster gives it: text, blocks, and metadata with the message's key. */
type Posting = {
  text: string
  blocks?: Message['blocks']
  metadata?: { event_type: string; event_payload: Record<string, string> }
}

type Post = Parameters<webApi.WebClient['chat']['postMessage']>[0]
type Update = Parameters<webApi.WebClient['chat']['update']>[0]

/**
 * The client, but that each message it posts or updates names its environment, unless that is production, and carries how
 * far the ledger had come.
 */
export function withOrigin(client: webApi.WebClient, origin: Origin): webApi.WebClient {
  const mark = async <P>(posted: P): Promise<P> => {
    const { text, blocks = [], metadata } = posted as Posting
    const marked = markEnvironment({ text, blocks }, origin.environment)
    const message = blocks.length > 0 ? marked : { text: marked.text }
    if (!metadata) return { ...posted, ...message }
    const event_payload = { ...metadata.event_payload, ...(await origin.readReceipt()) }
    return { ...posted, ...message, metadata: { ...metadata, event_payload } }
  }
  const marking = {
    ...client.chat,
    postMessage: async (posted: Post) => client.chat.postMessage(await mark(posted)),
    update: async (posted: Update) => client.chat.update(await mark(posted)),
  }
  return Object.assign(Object.create(client), { chat: marking })
}
