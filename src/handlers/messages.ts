import * as z from 'zod'
import { answerAbout, answerTimeout, type MessageToAnswer } from '../alerts/message-answers.ts'
import { ChangeError } from '../errors.ts'
import { refuseUnless, refuseUnlessEither } from '../people/standing.ts'
import { sortPlaybooks } from '../playbooks/switched-on.ts'
import { readTimeout, referencesIn } from '../register/jobs/posts.ts'
import { resolveTrainee } from '../register/trainees/trainee-reference.ts'
import { renderChooser } from '../views/form.ts'
import { tell } from './answer.ts'
import { channelFor, type HandlerContext, wordsOfError } from './context.ts'
import type { Click, MessagePosted, MessageShortcut } from './entry-points.ts'

// Messages that name a trainee: Register's own posts, which are recognised by who wrote them and by their words, and those
// that people point at. The text of a message is looked at here, and neither kept nor logged.

const written = z.object({
  ts: z.string(),
  thread_ts: z.string().nullish(),
  text: z.string().catch(''),
  bot_id: z.string().nullish(),
  app_id: z.string().nullish(),
  bot_profile: z.object({ app_id: z.string().nullish() }).nullish(),
})

/** A message as it stands: Slack wraps one that was edited. */
const posted = z.union([
  z.object({ channel: z.string(), subtype: z.literal('message_changed'), message: written }),
  written.extend({ channel: z.string(), subtype: z.enum(['bot_message', 'thread_broadcast']).optional() }),
])

/** A message in a channel that the bot is in. */
export function hearMessage(context: HandlerContext, { event }: MessagePosted): Promise<void> {
  return answerPosted(context, event)
}

/** Only Register's own messages, in the channels that the bot is told to watch, are answered. */
export async function answerPosted(context: HandlerContext, message: unknown): Promise<void> {
  const { posts } = context
  const { data } = posted.safeParse(message)
  if (!posts || !data || !posts.channels.includes(data.channel)) return
  const own = 'message' in data ? data.message : data
  if (!isByRegister(context, own)) return
  const timeout = readTimeout(own.text)
  if (!timeout) return
  if (await answerTimeout(context.changes, placeOf(data.channel, own), timeout)) context.nudge()
}

/** "Fix this trainee" on a message that names one: we say in its thread what we know and what can be done. */
export async function fixThisTrainee(context: HandlerContext, shortcut: MessageShortcut): Promise<void> {
  await shortcut.ack()
  try {
    await tell(context, shortcut, await answerMessage(context, shortcut.body))
  } catch (error) {
    await tell(context, shortcut, wordsOfError(context, error))
  }
}

async function answerMessage(context: HandlerContext, { channel, user, message }: MessageShortcut['body']) {
  const { changes, posts, nudge } = context
  const channels = [...changes.channels, ...(posts?.channels ?? [])]
  if (!channels.includes(channel.id)) {
    throw new ChangeError('not-allowed-channel', { detail: changes.channels.map((id) => `<#${id}>`).join(' or ') })
  }
  await refuseUnlessEither(changes, user.id)
  const pointedAt = written.parse(message)
  const { text } = pointedAt
  const place = placeOf(channel.id, pointedAt)
  const trainee = await findNamed(context, text)
  const timeout = isByRegister(context, pointedAt) ? readTimeout(text) : null
  const isFirst =
    timeout?.trainee === trainee
      ? await answerTimeout(changes, place, timeout)
      : await answerAbout(changes, place, trainee)
  nudge()
  return isFirst ? wordsAfter(place, trainee) : ANSWERED
}

/** Whether one of Register's configured authors wrote a message. Names can be forged, and a text can be copied. */
function isByRegister({ posts }: HandlerContext, { bot_id, app_id, bot_profile }: z.output<typeof written>): boolean {
  return [bot_id, app_id, bot_profile?.app_id].some((id) => id && posts?.authors.includes(id))
}

/** A message, and the thread that it is in, or begins. */
function placeOf(channel: string, { ts, thread_ts }: z.output<typeof written>): MessageToAnswer {
  return { channel, ts, thread: thread_ts ?? ts }
}

/** The number of the one trainee whom a text names. Throws ChangeError. */
async function findNamed({ changes: { database, register } }: HandlerContext, text: string): Promise<string> {
  const references = referencesIn(text, register.url)
  if (references?.length === 0) throw new ChangeError('no-trainee-named')
  const found = await Promise.all((references ?? []).map((one) => resolveTrainee(database.manager, one)))
  const ids = new Set(found.map((one) => ('id' in one ? one.id : null)))
  const [first] = found
  if (!references || !first || ids.size > 1) throw new ChangeError('several-trainees-named')
  if ('problem' in first) throw new ChangeError('bad-reference', { detail: first.problem })
  return first.id
}

/** "Choose a fix" in an answer: the chooser, which knows the trainee. */
export async function chooseFix(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body, client } = click
  await ack()
  try {
    const { changes } = context
    await refuseUnless(changes, 'mayRequest', body.user.id)
    const subject = z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .parse(action.value)
    const channel = channelFor(context, body.channel?.id)
    const view = renderChooser((await sortPlaybooks(changes)).on, JSON.stringify({ channel, subject }))
    await client.views.open({ trigger_id: body.trigger_id ?? '', view })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

function wordsAfter({ channel }: MessageToAnswer, trainee: string) {
  return {
    title: `We answer in the message’s thread in <#${channel}>`,
    text: `You find there in a moment what we know of trainee ${trainee}, and what can be done. Nothing has changed.`,
  }
}

const ANSWERED = {
  title: 'This message is answered already',
  text: 'Look into its thread.\nNothing has changed. For what is known by now, type /trainee show and the trainee.',
}
