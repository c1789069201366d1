import type { webApi } from '@slack/bolt'
import { type Claimed, demandHeld, TakenOver } from '../outbox/outbox.ts'
import type { Kind } from './slack-errors.ts'
import { ChannelClosed, MessageGone, type SlackLine } from './slack-line.ts'

/** A message's blocks, with the text that notifications and screen readers use. */
export type Message = { text: string; blocks: object[] }

/** The row of the outbox that a message is sent for. */
type Row = Pick<Claimed, 'again' | 'createdAt' | 'isHeld' | 'markSent'>

/** A message that is to stand once. Its key tells it from every other. */
type Post = { channel: string; message: Message; key: string; row: Row }

/** Where a message goes, and where others with its key are. `gone`: the one that is to be replaced. */
type Place = { channel: string; thread?: string; gone?: string | null }

/** Slack's clock and ours may differ by so much. */
const CLOCKS_MAY_DIFFER_SECONDS = 300

/** A message for a channel that is not on the list is looked at again after at most this many milliseconds. */
const LOOK_AT_LIST_MS = 5 * 60_000

/** The kind of metadata that our messages carry. */
export const METADATA_EVENT = 'trainee_chatops'

export type Poster = ReturnType<typeof createPoster>

/**
 * Posts messages that must stand once. Every message carries its key as metadata; where an earlier attempt may have
 * got through, the channel is searched for that key before anything is posted again. Slack takes a message however late
 * its sender wakes up. So whoever posts for a row that others have had, or have by now, looks afterwards as well, and
 * of several messages with one key only the oldest is kept. Of two senders, the one that posts later sees both.
 * @param channels the only ones in which anything is posted or replied, whenever it was asked for
 */
export function createPoster(client: webApi.WebClient, line: SlackLine, channels: Pick<readonly string[], 'includes'>) {
  let ourselves: Author | null = null

  async function findOurselves(channel: string): Promise<Author> {
    if (!ourselves) {
      const asking = { kind: 'post', method: 'auth.test', channel } as const
      const { user_id: user, bot_id, app_id } = await line.call(asking, () => client.auth.test())
      ourselves = { user, bot_id, app_id }
    }
    return ourselves
  }

  async function post(kind: Kind, { channel, thread }: Place, { message, key, row }: Omit<Post, 'channel'>) {
    const posted = await line.call({ kind, method: 'chat.postMessage', channel }, async () => {
      await demandHeld(row)
      return client.chat.postMessage({
        channel,
        ...(thread ? { thread_ts: thread } : {}),
        text: message.text,
        ...(message.blocks.length > 0 ? { blocks: message.blocks as never } : {}),
        metadata: metadataFor(key),
        unfurl_links: false,
        unfurl_media: false,
      })
    })
    if (!posted.ts) throw new Error('Slack posted a message without a timestamp')
    return { ts: posted.ts, channel: posted.channel ?? channel }
  }

  /** Posts where we can read; answers the message that stands in the end. */
  async function postOnce(kind: Kind, to: Place, asked: Omit<Post, 'channel'>): Promise<string> {
    if (!channels.includes(to.channel)) throw notAllowed()
    const { row } = asked
    try {
      const { ts } = await post(kind, to, asked)
      if (!row.again && (await row.isHeld())) return ts
      return (await keepOldest(to, asked)) ?? ts
    } catch (error) {
      // Slack may have taken it all the same; the other sender could not see it.
      if (!(error instanceof TakenOver) && !(await row.isHeld())) await keepOldest(to, asked)
      throw error
    }
  }

  /** Whether the message at `ts` could be updated: it may be gone. */
  async function update(ts: string, { channel, message, key, row }: Post): Promise<boolean> {
    const content = { text: message.text, blocks: message.blocks as never, metadata: metadataFor(key) }
    return unlessGone(() =>
      line.call({ kind: 'edit', method: 'chat.update', channel }, async () => {
        await demandHeld(row)
        return client.chat.update({ channel, ts, ...content })
      }),
    )
  }

  function remove(channel: string, ts: string): Promise<boolean> {
    return unlessGone(() =>
      line.call({ kind: 'edit', method: 'chat.delete', channel }, () => client.chat.delete({ channel, ts })),
    )
  }

  /** Leaves one message of those with this key and answers its timestamp; null if there is none. */
  async function keepOldest(place: Place, asked: Omit<Post, 'channel'>): Promise<string | null> {
    const [oldest, ...others] = (await findAll(place, asked)).sort()
    for (const ts of others) await remove(place.channel, ts)
    return oldest ?? null
  }

  /**
   * The timestamps of our messages with this key, but not of the one at `gone`. Other people could post a message with
   * our key, so its author is looked at, too.
   */
  async function findAll({ channel, thread, gone }: Place, { key, row }: Omit<Post, 'channel'>): Promise<string[]> {
    const us = await findOurselves(channel)
    const oldest = (row.createdAt.getTime() / 1000 - CLOCKS_MAY_DIFFER_SECONDS).toFixed(6)
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = { channel, oldest, include_all_metadata: true, limit: 200, ...(cursor ? { cursor } : {}) }
      const { messages = [], response_metadata } = thread
        ? await line.call({ kind: 'reply', method: 'conversations.replies', channel }, () =>
            client.conversations.replies({ ...page, ts: thread }),
          )
        : await line.call({ kind: 'post', method: 'conversations.history', channel }, () =>
            client.conversations.history(page),
          )
      for (const message of messages) {
        if (message.ts && message.ts !== gone && carries(message, key) && isBy(message, us)) found.push(message.ts)
      }
      cursor = response_metadata?.next_cursor
    } while (cursor)
    return found
  }

  async function putAnew(place: Place, asked: Post): Promise<string> {
    const found = asked.row.again ? await keepOldest(place, asked) : null
    if (found && (await update(found, asked))) return found
    return postOnce(place.thread ? 'reply' : 'post', place, asked)
  }

  return {
    /**
     * Posts a message, or updates the one at `ts`; returns its timestamp. One that was deleted, or is not ours to
     * update, is posted anew, into `thread` if there is one, and removed if Slack lets us. Throws MessageGone if the thread is
     * gone.
     */
    async put({ ts, thread, ...asked }: Post & { ts: string | null; thread?: string | null }): Promise<string> {
      if (ts && (await update(ts, asked))) return ts
      const anew = await putAnew({ channel: asked.channel, gone: ts, ...(thread ? { thread } : {}) }, asked)
      if (ts) await remove(asked.channel, ts).catch(() => {}) // one that stays says where the new one is: see old-card.ts
      return anew
    },

    /** Posts a message into a thread, unless it is there already. Throws MessageGone if there is no such thread. */
    async reply({ thread, ...asked }: Post & { thread: string }): Promise<void> {
      const place = { channel: asked.channel, thread }
      if (asked.row.again && (await keepOldest(place, asked))) return
      await postOnce('reply', place, asked)
    },

    /**
     * Tells one person (or an operators’ channel). The bot cannot read there: it may do so twice if an answer is lost. A
     * sender that slept, and so cannot put its message on record, takes it back: another one has told them, or will.
     */
    async tell({ channel: to, ...asked }: Post): Promise<void> {
      const { channel, ts } = await post('direct', { channel: to }, asked)
      if (!(await asked.row.markSent())) await remove(channel, ts)
    },
  }
}

async function unlessGone(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    if (error instanceof MessageGone) return false
    throw error
  }
}

/** Who posted a message. Slack leaves some of these out. */
export type Author = { user?: string | undefined; bot_id?: string | undefined; app_id?: string | undefined }

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

/** Only an operator puts a channel on the list, and starts the bot anew with it. */
function notAllowed(): ChannelClosed {
  return new ChannelClosed(null, {
    reason: 'channel_not_allowed',
    unsure: false,
    longest: LOOK_AT_LIST_MS,
    isEndless: true,
  })
}
