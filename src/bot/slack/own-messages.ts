import type { webApi } from '@slack/bolt'
import type { Claimed } from '../../outbox/claim.ts'
import { MessageGone, type SlackLine } from './line.ts'

/** Where a message goes, and where others with its key are. `gone`: the one that is to be replaced. */
export type Place = { channel: string; thread?: string; gone?: string | null }

/** What tells a message from every other, and since when it can have been posted. */
type Sought = { key: string; row: Pick<Claimed, 'createdAt'> }

/** Slack's clock and ours may differ by so much. */
const CLOCKS_MAY_DIFFER_SECONDS = 300

/** The kind of metadata that our messages carry. */
export const METADATA_EVENT = 'trainee_chatops'

/** Finds what we have posted by the key in its metadata, and takes away what stands there twice. */
export function createOwnMessages(client: webApi.WebClient, line: SlackLine) {
  let ourselves: Author | null = null

  async function findOurselves(channel: string): Promise<Author> {
    if (!ourselves) {
      const asking = { kind: 'post', method: 'auth.test', channel } as const
      const { user_id: user, bot_id, app_id } = await line.call(asking, () => client.auth.test())
      ourselves = { user, bot_id, app_id }
    }
    return ourselves
  }

  /**
   * The timestamps of our messages with this key, but not of the one at `gone`. Other people could post a message with
   * our key, so its author is looked at, too.
   */
  async function findAll({ channel, thread, gone }: Place, { key, row }: Sought): Promise<string[]> {
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

  /** False if it is not there, or Slack will never let us remove it. */
  function remove(channel: string, ts: string): Promise<boolean> {
    return unlessGone(() =>
      line.call({ kind: 'edit', method: 'chat.delete', channel }, () => client.chat.delete({ channel, ts })),
    )
  }

  return {
    remove,

    /** Leaves one message of those with this key and answers its timestamp; null if there is none. */
    async keepOldest(place: Place, sought: Sought): Promise<string | null> {
      const [oldest, ...others] = (await findAll(place, sought)).sort()
      for (const ts of others) await remove(place.channel, ts)
      return oldest ?? null
    },
  }
}

/** False if what was to be changed is gone, or Slack will not have us change it. */
export async function unlessGone(act: () => Promise<unknown>): Promise<boolean> {
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

export function metadataFor(key: string) {
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
