import type { webApi } from '@slack/bolt'
import type { Kind } from './slack-errors.ts'
import { MessageGone, type SlackLine } from './slack-line.ts'

/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: object[] }

/** A message to be posted once: `again` if an attempt since `since` may have got through. */
type Post = { channel: string; message: Message; key: string; again: boolean; since: Date }

type Place = { channel: string; thread?: string }

/** Slack's clock and ours may differ by so much. */
const CLOCKS_MAY_DIFFER_SECONDS = 300

/** The kind of metadata that our messages carry. */
export const METADATA_EVENT = 'trainee_chatops'

export type Poster = ReturnType<typeof createPoster>

/**
 * Posts messages that must appear once. Every message carries its key as metadata; where an earlier attempt may have
 * got through, the channel is searched for that key before anything is posted again.
 */
export function createPoster(client: webApi.WebClient, line: SlackLine) {
  let ourselves: Author | null = null

  async function findOurselves(channel: string): Promise<Author> {
    if (!ourselves) {
      const asking = { kind: 'post', method: 'auth.test', channel } as const
      const { user_id: user, bot_id, app_id } = await line.call(asking, () => client.auth.test())
      ourselves = { user, bot_id, app_id }
    }
    return ourselves
  }

  async function post(kind: Kind, to: Place, message: Message, key: string): Promise<string> {
    const { channel, thread } = to
    const posted = await line.call({ kind, method: 'chat.postMessage', channel }, () =>
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
      await line.call({ kind: 'edit', method: 'chat.update', channel }, () =>
        client.chat.update({ channel, ts, ...content }),
      )
      return true
    } catch (error) {
      if (error instanceof MessageGone) return false
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
    const us = await findOurselves(channel)
    const oldest = (since.getTime() / 1000 - CLOCKS_MAY_DIFFER_SECONDS).toFixed(6)
    let cursor: string | undefined
    do {
      const page = { channel, oldest, include_all_metadata: true, limit: 200, ...(cursor ? { cursor } : {}) }
      const { messages, response_metadata } = thread
        ? await line.call({ kind: 'reply', method: 'conversations.replies', channel }, () =>
            client.conversations.replies({ ...page, ts: thread }),
          )
        : await line.call({ kind: 'post', method: 'conversations.history', channel }, () =>
            client.conversations.history(page),
          )
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
      return post('post', { channel }, message, key)
    },

    /** Posts a message into a thread, unless it is there already. Throws MessageGone if there is no such thread. */
    async reply(asked: Post & { thread: string }): Promise<void> {
      const { channel, thread, message, key } = asked
      if (asked.again && (await find(channel, thread, asked))) return
      await post('reply', { channel, thread }, message, key)
    },

    /** Tells one person (or an operators’ channel). May do so twice if an answer is lost: the bot cannot read there. */
    async tell(to: string, message: Message, key: string): Promise<void> {
      await post('direct', { channel: to }, message, key)
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
export function isBy(message: Author, us: Author): boolean {
  const agree = (said: string | undefined, ours: string | undefined) => !said || !ours || said === ours
  return agree(message.user, us.user) && agree(message.bot_id, us.bot_id) && agree(message.app_id, us.app_id)
}
