import type { webApi } from '@slack/bolt'
import { readTrouble } from './errors.ts'
import { historyPages } from './history-pages.ts'
import { receiptOf } from './receipts.ts'

/** What a message in Slack carries, and where it stands. */
type ShownReceipt = NonNullable<ReturnType<typeof receiptOf>> & { where: string }

/** What Slack still shows, and the channels that could not be read, each with Slack's code. */
export type ShownReceipts = { receipts: ShownReceipt[]; unread: { channel: string; code: string }[] }

const PAGE = 200

/**
 * Reads every message of ours in these channels and their threads, back to `since`. Slack lets a client ask about once a
 * second, so this takes a second for each thread. The client waits for as long as Slack says.
 */
export async function readShownReceipts(
  client: webApi.WebClient,
  channels: readonly string[],
  since: Date,
): Promise<ShownReceipts> {
  const { user_id: user, bot_id, app_id } = await client.auth.test()
  const us = { user, bot_id, app_id }
  const shown: ShownReceipts = { receipts: [], unread: [] }
  const take = (channel: string, messages: readonly Message[]) => {
    for (const message of messages) {
      const receipt = receiptOf(message, us)
      if (receipt) shown.receipts.push({ ...receipt, where: `the message ${message.ts} in ${channel}` })
    }
  }
  for (const channel of channels) {
    try {
      const oldest = (since.getTime() / 1000).toFixed(6)
      const asked = { channel, oldest, include_all_metadata: true, limit: PAGE }
      for await (const messages of historyPages((page) => client.conversations.history({ ...asked, ...page }))) {
        take(channel, messages)
        for (const { ts } of messages.filter(({ reply_count: replies = 0 }) => replies > 0)) {
          const thread = { channel, ts: ts ?? '', include_all_metadata: true, limit: PAGE }
          for await (const replies of historyPages((page) => client.conversations.replies({ ...thread, ...page }))) {
            take(channel, replies.slice(replies[0]?.ts === ts ? 1 : 0)) // the first is what the thread hangs on
          }
        }
      }
    } catch (error) {
      const code = readTrouble(error)?.code
      if (!code) throw error
      shown.unread.push({ channel, code })
    }
  }
  return shown
}

type Message = { ts?: string; reply_count?: number }
