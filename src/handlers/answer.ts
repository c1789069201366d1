import { setTimeout as sleep } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type { Message } from '../views/kit/blocks.ts'
import { renderNoticeBlocks, type Words } from '../views/kit/notice.ts'
import type { HandlerContext } from './context.ts'
import type { Click, Command, MessageShortcut, Submission } from './entry-points.ts'

/** What somebody did that wants an answer. */
export type Asked =
  | Pick<Command, 'command' | 'client' | 'respond'>
  | Click
  | MessageShortcut
  | Pick<Submission, 'body' | 'client'>

/** An answer that comes later than this through one way is tried through the next. */
const PATIENCE_MS = 4_000
/** For so long a last way is tried again and again. */
const LONGEST_WAIT_MS = 60_000
const FIRST_PAUSE_MS = 250

/**
 * The one way to answer a single person, so that no click and no command is left without an answer: where they acted,
 * else as a message in the channel that only they see, else directly. Never rejects.
 * @param replaces whether the answer takes the place of what was clicked in
 */
export async function answer(
  context: HandlerContext,
  asked: Asked,
  message: Message,
  { replaces = false }: { replaces?: boolean } = {},
): Promise<void> {
  const { text, blocks } = message
  const content = blocks.length > 0 ? { text, blocks } : { text }
  const { user, channel, respond } = addressOf(asked)
  const ways = [
    respond && (() => respond({ response_type: 'ephemeral', replace_original: replaces, ...content })),
    channel && (() => asked.client.chat.postEphemeral({ channel, user, ...content })),
  ]
  for (const way of ways) if (way && (await worksInTime(way))) return
  try {
    await persist(context, () => asked.client.chat.postMessage({ channel: user, ...content }))
  } catch {
    const [, changeRequest] = /\bCR-(\d+)/.exec(text) ?? []
    context.changes.log.error({ changeRequest }, 'nobody could be told what became of what they did')
  }
}

/** The same for words from the catalogue. */
export function tell(context: HandlerContext, asked: Asked, words: Words): Promise<void> {
  return answer(context, asked, renderNoticeBlocks(words))
}

/** The same for somebody who acted in a message that only they see: it stays as it is, whatever they did. */
export async function tellBeside(context: HandlerContext, click: Click, words: Words): Promise<void> {
  if (click.body.container?.['is_ephemeral']) await tell(context, click, words)
}

/** Where someone can be answered: a modal has no channel, and a Home tab neither. */
function addressOf(asked: Asked): { user: string; channel: string | null; respond: Command['respond'] | null } {
  if ('command' in asked) {
    return { user: asked.command.user_id, channel: asked.command.channel_id, respond: asked.respond }
  }
  if ('shortcut' in asked) return { user: asked.body.user.id, channel: asked.body.channel.id, respond: asked.respond }
  if (!('action' in asked)) return { user: asked.body.user.id, channel: null, respond: null }
  const { body, respond } = asked
  return { user: body.user.id, channel: body.channel?.id ?? null, respond: body.response_url ? respond : null }
}

async function worksInTime(way: () => Promise<unknown>): Promise<boolean> {
  return pTimeout(way(), { milliseconds: PATIENCE_MS }).then(
    () => true,
    () => false,
  )
}

/** Calls Slack until it works, if "not now" is all that it says. Throws what Slack said last. */
export async function persist(
  { readRefusal }: HandlerContext,
  call: () => Promise<unknown>,
  patience = LONGEST_WAIT_MS,
): Promise<void> {
  const end = performance.now() + patience
  for (let attempt = 0; ; attempt++) {
    try {
      await call()
      return
    } catch (error) {
      const refusal = readRefusal(error)
      const pause = refusal?.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** attempt
      if (!refusal?.isForNow || performance.now() + pause > end) throw error
      await sleep(pause)
    }
  }
}
