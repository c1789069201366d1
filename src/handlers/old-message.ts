import { Alert } from '../entities/chatops/alert.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { section } from '../views/kit/blocks.ts'
import { answer } from './answer.ts'
import type { HandlerContext } from './context.ts'
import type { Click } from './entry-points.ts'

// Slack may let us neither change nor remove a card or a post, so that it stands there as it was beside the one that took
// its place. Its buttons do what is allowed now; whoever selects one is shown where the new one is.

/** The value of a button: the number of a request or an alert, or that and which of several. */
const NUMBER = /^(\d{1,18})(?::\d{0,18})?$/

/** Where the message stands that shows it as it is now, and what it is called. */
type Shown = { name: string; channel: string; ts: string | null; isInThread?: boolean }

/** For a button of a request's card. Never rejects. */
export async function pointToCard(context: HandlerContext, click: Click): Promise<void> {
  await pointToNew(context, click, async (id) => {
    const request = await context.changes.database.manager.findOneBy(ChangeRequest, { id })
    return request && { name: `CR-${id}`, channel: request.channel, ts: request.cardTs }
  })
}

/** For a button of an alert's post. Never rejects. */
export async function pointToAlert(context: HandlerContext, click: Click): Promise<void> {
  await pointToNew(context, click, async (id) => {
    const alert = await context.changes.database.manager.findOneBy(Alert, { id })
    const isInThread = alert?.threadTs != null
    return alert && { name: 'this alert', channel: alert.channel, ts: alert.cardTs, isInThread }
  })
}

async function pointToNew(
  context: HandlerContext,
  click: Click,
  find: (id: string) => Promise<Shown | null>,
): Promise<void> {
  const { body, action, client } = click
  const { message, channel } = body
  const [, id] = NUMBER.exec(action.value ?? '') ?? []
  if (!id || !message || !channel) return
  const isInThread = Boolean(message['thread_ts']) && message['thread_ts'] !== message.ts
  try {
    const shown = await find(id)
    if (!shown?.ts || shown.channel !== channel.id || shown.ts === message.ts) return
    if (isInThread && !shown.isInThread) return // another message about it, such as a reminder
    const { permalink } = await client.chat.getPermalink({ channel: channel.id, message_ts: shown.ts })
    const where = `This is an old copy of ${shown.name}, which Slack did not let us change.`
    const text = `${where} <${permalink}|See ${shown.name} as it is now>.`
    await answer(context, click, { text: where, blocks: [section(text)] })
  } catch {
    context.changes.log.warn('an old message could not say where the new one is')
  }
}
