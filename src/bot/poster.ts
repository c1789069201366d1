import type { webApi } from '@slack/bolt'
import { RetryLater, Undeliverable } from '../outbox/outbox.ts'

/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: object[] }

/** A message to be posted once: `again` if an attempt since `since` may have got through. */
type Post = { channel: string; message: Message; key: string; again: boolean; since: Date }

/** Slack's clock and ours may differ by so much. */
const CLOCKS_MAY_DIFFER_SECONDS = 300

const METADATA_EVENT = 'trainee_chatops'

/** With these, sending the same message again would fail again. */
const HOPELESS = new Set([
  'restricted_action',
  'invalid_blocks',
  'msg_too_long',
  'no_text',
  'user_not_found',
  'messages_tab_disabled',
])

/** The channel is closed to us until someone there lets us in. */
const CLOSED = new Set(['channel_not_found', 'not_in_channel', 'is_archived'])

/** Slack does not accept our token, or its scopes are too few. An operator must put that right. */
const UNAUTHORISED = new Set(['invalid_auth', 'account_inactive', 'token_revoked', 'missing_scope'])
const OPERATOR_MENDS_MS = 60_000

/** A message that is no longer there to be updated, or is not ours. */
const GONE = new Set(['message_not_found', 'cant_update_message'])

/** Nothing can be posted in this channel as things stand. */
export class ChannelClosed extends Undeliverable {}

/** Asks to be tried again; the relay keeps Slack's code as the reason. */
export function retryLater(delay: number, code: string): RetryLater {
  return Object.assign(new RetryLater(delay), { data: { error: code } })
}

/**
 * Posts messages that must appear once. Every message carries its key as metadata; where an earlier attempt may have
 * got through, the channel is searched for that key before anything is posted again.
 */
export function createPoster(client: webApi.WebClient) {
  const pausedUntil = new Map<string, number>()
  let ourselves: Author | null = null

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
      const slackCode = data?.error ?? ''
      if (UNAUTHORISED.has(slackCode)) throw retryLater(OPERATOR_MENDS_MS, slackCode)
      if (CLOSED.has(slackCode)) throw new ChannelClosed(slackCode)
      if (HOPELESS.has(slackCode)) throw new Undeliverable(slackCode)
      throw error
    }
  }

  async function findOurselves(): Promise<Author> {
    if (!ourselves) {
      const { user_id: user, bot_id, app_id } = await call('auth.test', () => client.auth.test())
      ourselves = { user, bot_id, app_id }
    }
    return ourselves
  }

  async function post(channel: string, thread: string | null, message: Message, key: string): Promise<string> {
    const posted = await call('chat.postMessage', () =>
      client.chat.postMessage({
        channel,
        ...(thread ? { thread_ts: thread } : {}),
        text: message.text,
        ...(message.blocks.length > 0 ? { blocks: message.blocks as never } : {}),
        metadata: metadataFor(key),
        unfurl_links: false,
        unfurl_media: false,
      }),
    )
    if (!posted.ts) throw new Error('Slack posted a message without a timestamp')
    return posted.ts
  }

  /** Whether the message at `ts` could be updated: it may be gone. */
  async function update(channel: string, ts: string, message: Message, key: string): Promise<boolean> {
    const content = { text: message.text, blocks: message.blocks as never, metadata: metadataFor(key) }
    try {
      await call('chat.update', () => client.chat.update({ channel, ts, ...content }))
      return true
    } catch (error) {
      if (GONE.has((error as { data?: { error?: string } }).data?.error ?? '')) return false
      throw error
    }
  }

  /**
   * The timestamp of our message with this key, posted after `since` and not the one at `gone`; null if there is none.
   * Other people could post a message with our key, so its author is looked at, too.
   */
  async function find(
    channel: string,
    thread: string | null,
    { key, since, gone = null }: { key: string; since: Date; gone?: string | null },
  ): Promise<string | null> {
    const us = await findOurselves()
    const oldest = (since.getTime() / 1000 - CLOCKS_MAY_DIFFER_SECONDS).toFixed(6)
    let cursor: string | undefined
    do {
      const page = { channel, oldest, include_all_metadata: true, limit: 200, ...(cursor ? { cursor } : {}) }
      const { messages, response_metadata } = thread
        ? await call('conversations.replies', () => client.conversations.replies({ ...page, ts: thread }))
        : await call('conversations.history', () => client.conversations.history(page))
      const found = messages?.find((message) => carries(message, key) && isBy(message, us) && message.ts !== gone)
      if (found?.ts) return found.ts
      cursor = response_metadata?.next_cursor
    } while (cursor)
    return null
  }

  return {
    /**
     * Posts a message, or updates the one at `ts`; returns its timestamp. One that was deleted, or is not ours to
     * update, is posted anew.
     */
    async put(asked: Post & { ts: string | null }): Promise<string> {
      const { channel, message, key, ts } = asked
      if (ts && (await update(channel, ts, message, key))) return ts
      const found = asked.again ? await find(channel, null, { key, since: asked.since, gone: ts }) : null
      if (found && (await update(channel, found, message, key))) return found
      return post(channel, null, message, key)
    },

    /** Posts a message into a thread, unless it is there already. */
    async reply(asked: Post & { thread: string }): Promise<void> {
      const { channel, thread, message, key } = asked
      if (asked.again && (await find(channel, thread, asked))) return
      await post(channel, thread, message, key)
    },
  }
}

/** Who posted a message. Slack leaves some of these out. */
type Author = { user?: string | undefined; bot_id?: string | undefined; app_id?: string | undefined }

type Metadata = { event_type?: string; event_payload?: { key?: string } }

function metadataFor(key: string) {
  return { event_type: METADATA_EVENT, event_payload: { key } }
}

function carries(message: object, key: string): boolean {
  const { metadata } = message as { metadata?: Metadata }
  return metadata?.event_type === METADATA_EVENT && metadata.event_payload?.key === key
}

/**
 * Whether the message is ours: what Slack says about its author must agree with us, and what it leaves out is passed
 * over.
 */
function isBy(message: Author, us: Author): boolean {
  const agree = (said: string | undefined, ours: string | undefined) => !said || !ours || said === ours
  return agree(message.user, us.user) && agree(message.bot_id, us.bot_id) && agree(message.app_id, us.app_id)
}
