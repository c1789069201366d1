import type { webApi } from '@slack/bolt'
import { RetryLater, Undeliverable } from '../changes/outbox.ts'

/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: object[] }

/** A message to be posted once: `again` if an attempt since `since` may have got through. */
type Post = { channel: string; message: Message; key: string; again: boolean; since: Date }

/** Slack's clock and ours. */
const CLOCKS_MAY_DIFFER_SECONDS = 300

const METADATA_EVENT = 'trainee_chatops'

/** Slack's words for "not here, not now, not ever". */
const HOPELESS = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'missing_scope',
  'restricted_action',
  'invalid_blocks',
  'msg_too_long',
  'no_text',
  'user_not_found',
  'messages_tab_disabled',
])

/**
 * Posts messages that must appear once. Every message carries its key as metadata; where an earlier attempt may have
 * got through, the channel is searched for that key before anything is posted again.
 */
export function createPoster(client: webApi.WebClient) {
  const pausedUntil = new Map<string, number>()

  /** One call of the Web API, honouring what Slack said about waiting. */
  async function call<T>(method: string, request: () => Promise<T>): Promise<T> {
    const wait = (pausedUntil.get(method) ?? 0) - Date.now()
    if (wait > 0) throw new RetryLater(wait)
    try {
      return await request()
    } catch (error) {
      const { code, retryAfter, data } = error as { code?: string; retryAfter?: number; data?: { error?: string } }
      if (code === 'slack_webapi_rate_limited_error') {
        pausedUntil.set(method, Date.now() + (retryAfter ?? 1) * 1000)
        throw new RetryLater((retryAfter ?? 1) * 1000)
      }
      if (data?.error && HOPELESS.has(data.error)) throw new Undeliverable(data.error)
      throw error
    }
  }

  async function post(channel: string, thread: string | null, message: Message, key: string): Promise<string> {
    const metadata = { event_type: METADATA_EVENT, event_payload: { key } }
    const posted = await call('chat.postMessage', () =>
      client.chat.postMessage({
        channel,
        ...(thread ? { thread_ts: thread } : {}),
        text: message.text,
        ...(message.blocks.length > 0 ? { blocks: message.blocks as never } : {}),
        metadata,
        unfurl_links: false,
        unfurl_media: false,
      }),
    )
    if (!posted.ts) throw new Error('Slack posted a message without a timestamp')
    return posted.ts
  }

  /** The message that carries this key, posted after `since`, or null. */
  async function find(channel: string, thread: string | null, key: string, since: Date): Promise<string | null> {
    const oldest = (since.getTime() / 1000 - CLOCKS_MAY_DIFFER_SECONDS).toFixed(6)
    let cursor: string | undefined
    do {
      const page = { channel, oldest, include_all_metadata: true, limit: 200, ...(cursor ? { cursor } : {}) }
      const { messages, response_metadata } = thread
        ? await call('conversations.replies', () => client.conversations.replies({ ...page, ts: thread }))
        : await call('conversations.history', () => client.conversations.history(page))
      const found = messages?.find((message) => keyOf(message) === key)
      if (found?.ts) return found.ts
      cursor = response_metadata?.next_cursor
    } while (cursor)
    return null
  }

  return {
    /** Posts a message, or updates the one at `ts`; returns its timestamp. A message that was deleted is posted anew. */
    async put(asked: Post & { ts: string | null }): Promise<string> {
      const { channel, message, key } = asked
      const ts = asked.ts ?? (asked.again ? await find(channel, null, key, asked.since) : null)
      if (!ts) return post(channel, null, message, key)
      try {
        const metadata = { event_type: METADATA_EVENT, event_payload: { key } }
        await call('chat.update', () =>
          client.chat.update({ channel, ts, text: message.text, blocks: message.blocks as never, metadata }),
        )
        return ts
      } catch (error) {
        if ((error as { data?: { error?: string } }).data?.error !== 'message_not_found') throw error
        return post(channel, null, message, key)
      }
    },

    /** Posts a message into a thread, unless it is there already. */
    async reply(asked: Post & { thread: string }): Promise<void> {
      const { channel, thread, message, key } = asked
      if (asked.again && (await find(channel, thread, key, asked.since))) return
      await post(channel, thread, message, key)
    },
  }
}

function keyOf(message: object): string | undefined {
  return (message as { metadata?: { event_payload?: { key?: string } } }).metadata?.event_payload?.key
}
