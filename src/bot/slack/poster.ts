import type { webApi } from '@slack/bolt'
import { type Claimed, demandHeld } from '../../outbox/claim.ts'
import { RetryLater, TakenOver } from '../../outbox/not-sent.ts'
import type { Message } from '../../views/kit/blocks.ts'
import type { Kind } from './errors.ts'
import { ChannelClosed, NotAsThingsStand, type SlackLine } from './line.ts'
import { createOwnMessages, metadataFor, type Place, unlessGone } from './own-messages.ts'

/** The row of the outbox that a message is sent for. */
type Row = Pick<Claimed, 'again' | 'createdAt' | 'isHeld' | 'markSent'>

/** A message that is to stand once. Its key tells it from every other. */
type Post = { channel: string; message: Message; key: string; row: Row }

type Put = Post & { ts: string | null; thread?: string | null; drawAnew?: () => Promise<Message> }

/** A message for a channel that is not on the list is looked at again after at most this many milliseconds. */
const LOOK_AT_LIST_MS = 5 * 60_000

export type Poster = ReturnType<typeof createPoster>

/**
 * Posts messages that must stand once. Every message carries its key as metadata; where an earlier attempt may have
 * got through, the channel is searched for that key before anything is posted again. Slack takes a message however late
 * its sender wakes up. So whoever posts for a row that others have had, or have by now, looks afterwards as well, and
 * of several messages with one key only the oldest is kept. Of two senders, the one that posts later sees both.
 * @param channels the only ones in which anything is posted or replied, whenever it was asked for
 */
export function createPoster(client: webApi.WebClient, line: SlackLine, channels: Pick<readonly string[], 'includes'>) {
  const own = createOwnMessages(client, line)

  async function post(kind: Kind, { channel, thread }: Place, { message, key, row }: Omit<Post, 'channel'>) {
    const posted = await line.call({ kind, method: 'chat.postMessage', channel }, async () => {
      await demandHeld(row)
      return client.chat.postMessage({
        channel,
        ...(thread ? { thread_ts: thread } : {}),
        text: message.text,
        ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
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
      return (await own.keepOldest(to, asked)) ?? ts
    } catch (error) {
      // Slack may have taken it all the same; the other sender could not see it.
      if (!(error instanceof TakenOver) && !(await row.isHeld())) await own.keepOldest(to, asked)
      throw error
    }
  }

  /** Whether the message at `ts` could be updated: it may be gone. */
  async function update(ts: string, { channel, message, key, row }: Post): Promise<boolean> {
    const content = { text: message.text, blocks: message.blocks, metadata: metadataFor(key) }
    return unlessGone(() =>
      line.call({ kind: 'edit', method: 'chat.update', channel }, async () => {
        await demandHeld(row)
        return client.chat.update({ channel, ts, ...content })
      }),
    )
  }

  /**
   * Removes the message that another one has taken the place of. Where Slack never lets us, it stays and says where the
   * new one is: see old-message.ts. "Not now" is another matter: both are looked for and put right by the next attempt.
   */
  async function removeOld(channel: string, ts: string): Promise<void> {
    try {
      await own.remove(channel, ts)
    } catch (error) {
      if (!(error instanceof RetryLater) || error instanceof NotAsThingsStand) return
      error.postponement.unsure = true
      throw error
    }
  }

  return {
    /**
     * Posts a message, or updates the one at `ts`; returns its timestamp. One that was deleted, or is not ours to
     * update, is posted anew, into `thread` if there is one, and removed if Slack lets us. `drawAnew` says what is posted
     * where that is not what an update shows. Throws MessageGone if the thread is gone.
     */
    async put({ ts, thread, drawAnew, ...asked }: Put): Promise<string> {
      const { channel, row } = asked
      const place = { channel, gone: ts, ...(thread ? { thread } : {}) }
      const anew = row.again ? await own.keepOldest(place, asked) : null
      for (const standing of [anew, ts]) {
        if (!standing || !(await update(standing, asked))) continue
        if (ts && ts !== standing) await removeOld(channel, ts)
        return standing
      }
      const shown = drawAnew ? { ...asked, message: await drawAnew() } : asked
      const posted = await postOnce(thread ? 'reply' : 'post', place, shown)
      if (ts) await removeOld(channel, ts)
      return posted
    },

    /** Posts a message into a thread, unless it is there already. Throws MessageGone if there is no such thread. */
    async reply({ thread, ...asked }: Post & { thread: string }): Promise<void> {
      const place = { channel: asked.channel, thread }
      if (asked.row.again && (await own.keepOldest(place, asked))) return
      await postOnce('reply', place, asked)
    },

    /**
     * Tells one person (or an operators’ channel). The bot cannot read there: it may do so twice if an answer is lost. A
     * sender that slept, and so cannot put its message on record, takes it back: another one has told them, or will.
     */
    async tell({ channel: to, ...asked }: Post): Promise<void> {
      const { channel, ts } = await post('direct', { channel: to }, asked)
      if (!(await asked.row.markSent())) await own.remove(channel, ts)
    },
  }
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
