import { renderNoticeBlocks } from '../views/kit/notice.ts'
import type { HandlerContext } from './context.ts'
import type { Click } from './entry-points.ts'

/**
 * Words for the one person who clicked: where they clicked if Slack lets us, otherwise in a direct message, so that no
 * click is ever left without an answer.
 */
export async function tell(
  context: HandlerContext,
  { body, client, respond }: Pick<Click, 'body' | 'client' | 'respond'>,
  words: { title: string; text: string },
): Promise<void> {
  const message = renderNoticeBlocks(words) as { text: string; blocks: never[] }
  try {
    if (!body.response_url) throw new Error('there is no response_url')
    await respond({ response_type: 'ephemeral', replace_original: false, ...message })
  } catch {
    await client.chat
      .postMessage({ channel: body.user.id, ...message })
      .catch(() => context.changes.log.error('nobody could be told why a click did nothing'))
  }
}
