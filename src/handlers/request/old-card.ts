import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { section } from '../../views/kit/blocks.ts'
import { answer } from '../answer.ts'
import type { HandlerContext } from '../context.ts'
import type { Click } from '../entry-points.ts'

/** The value of a request's buttons: its number, or that and which of several. */
const REQUEST = /^(\d{1,18})(?::\d)?$/

/**
 * Slack may let us neither change nor remove a card, so that it stands there as it was beside the one that took its place.
 * Its buttons do what that request allows now; whoever selects one is shown where its card is. Never rejects.
 */
export async function pointToCard(context: HandlerContext, click: Click): Promise<void> {
  const { body, action, client } = click
  const { message, channel } = body
  const [, id] = REQUEST.exec(action.value ?? '') ?? []
  if (!id || !message || !channel || (message['thread_ts'] && message['thread_ts'] !== message.ts)) return
  try {
    const request = await context.changes.database.manager.findOneBy(ChangeRequest, { id })
    if (!request?.cardTs || request.channel !== channel.id || request.cardTs === message.ts) return
    const { permalink } = await client.chat.getPermalink({ channel: channel.id, message_ts: request.cardTs })
    const where = `This is an old copy of CR-${id}, which Slack did not let us change.`
    const text = `${where} <${permalink}|See CR-${id} as it is now>.`
    await answer(context, click, { text: where, blocks: [section(text)] })
  } catch {
    context.changes.log.warn('an old card could not say where the new one is')
  }
}
