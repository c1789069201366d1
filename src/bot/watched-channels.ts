import type { webApi } from '@slack/bolt'
import type { Report } from '../world.ts'
import { readTrouble } from './slack/errors.ts'
import { historyPages } from './slack/history-pages.ts'

/** So far back a look hears of messages whose event was lost. */
const HEARD_AGAIN_SECONDS = 2 * 60 * 60

const PAGE = 200
/** The newest are read first, and no more: a channel with so much in two hours is no place for Register's posts. */
const MOST_PAGES = 10

/**
 * Looks into the channels that the bot is told to watch, at the start and now and then. Slack sends no events of a channel
 * that the bot is not in, and does not say so: operators are told. And an event that came while no bot ran, or while the
 * database was away, is lost: the messages of the last two hours are heard once more.
 */
export function watchChannels(client: webApi.WebClient, channels: readonly string[], report: Report) {
  let unread: readonly string[] = []

  /** The channel and Slack's code; null where its messages can be read, or where Slack does not answer just now. */
  async function hearAgain(channel: string, hear: (message: object) => Promise<void>): Promise<string | null> {
    const oldest = (Date.now() / 1000 - HEARD_AGAIN_SECONDS).toFixed(6)
    try {
      const asked = { channel, oldest, limit: PAGE }
      for await (const messages of historyPages(
        (page) => client.conversations.history({ ...asked, ...page }),
        MOST_PAGES,
      )) {
        for (const message of messages) await hear({ ...message, channel })
      }
      return null
    } catch (error) {
      const trouble = readTrouble(error)
      if (!trouble) throw error
      return !trouble.isSilent && trouble.retryAfterMs === null ? `${channel} (${trouble.code})` : null
    }
  }

  return {
    async look(hear: (message: object) => Promise<void>): Promise<void> {
      const found = await Promise.all(channels.map((channel) => hearAgain(channel, hear)))
      unread = found.filter((why) => why !== null)
      for (const why of unread) await report(`Register’s own posts are not answered in ${why}`, {})
    },
    /** What `/readyz` says of it; nothing where all is well. */
    missing(): { unanswered?: string } {
      if (channels.length === 0) return { unanswered: 'Register’s own posts: REGISTER_POSTS_IN is not set' }
      return unread.length > 0 ? { unanswered: `Register’s own posts in ${unread.join(', ')}` } : {}
    },
  }
}
