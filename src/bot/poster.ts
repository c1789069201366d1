import type { webApi } from '@slack/bolt'
import { RetryLater, Undeliverable } from '../changes/outbox.ts'

/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: object[] }

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

  /** The message that carries this key among the newest, or null. */
  async function find(channel: string, thread: string | null, key: string): Promise<string | null> {
    const { messages } = thread
      ? await call('conversations.replies', () =>
          client.conversations.replies({ channel, ts: thread, include_all_metadata: true, limit: 200 }),
        )
      : await call('conversations.history', () =>
          client.conversations.history({ channel, include_all_metadata: true, limit: 200 }),
        )
    const found = messages?.find((message) => {
      const payload = (message as { metadata?: { event_payload?: { key?: string } } }).metadata?.event_payload
      return payload?.key === key
    })
    return found?.ts ?? null
  }

  return {
    /** Posts a message, or updates the one at `ts`; returns its timestamp. A message that was deleted is posted anew. */
    async put(asked: {
      channel: string
      ts: string | null
      message: Message
      key: string
      again: boolean
    }): Promise<string> {
      const { channel, message, key } = asked
      const ts = asked.ts ?? (asked.again ? await find(channel, null, key) : null)
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
    async reply(asked: {
      channel: string
      thread: string
      message: Message
      key: string
      again: boolean
    }): Promise<void> {
      const { channel, thread, message, key } = asked
      if (asked.again && (await find(channel, thread, key))) return
      await post(channel, thread, message, key)
    },
  }
}
