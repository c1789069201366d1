import { commandFields } from '../contract/fields.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { ChangeError } from '../errors.ts'
import { refuseUnless } from '../people/standing.ts'
import { findPlaybook } from '../playbooks/index.ts'
import { demandOn, sortPlaybooks } from '../playbooks/switched-on.ts'
import { renderChooser } from '../views/form.ts'
import { renderDidYouMean, renderHelp } from '../views/help.ts'
import type { Message } from '../views/kit/blocks.ts'
import { answer, tell } from './answer.ts'
import { answerPause, answerResume, findStandstill } from './brake.ts'
import { type HandlerContext, wordsOfError } from './context.ts'
import { findNearest } from './did-you-mean.ts'
import type { Command } from './entry-points.ts'
import { formView } from './form/form-metadata.ts'
import { answerFind, answerOwnRequests, answerRequest } from './lists/find.ts'
import { answerHistory } from './lists/history.ts'
import { answerJobs } from './lists/jobs-list.ts'
import { showTrainee } from './lists/show-trainee.ts'

/** `/trainee`, `/trainee CR-12`, the commands of `COMMANDS`, and `/trainee <playbook> [what is known]`. */
export async function traineeCommand(context: HandlerContext, args: Command): Promise<void> {
  await args.ack()
  try {
    await carryOut(context, args)
  } catch (error) {
    await tell(context, args, wordsOfError(context, error))
  }
}

async function carryOut(context: HandlerContext, args: Command): Promise<void> {
  const reply = (message: Message) => answer(context, args, message)
  const [word = '', ...rest] = unescapeText(args.command.text).trim().split(/\s+/)
  const name = word.toLowerCase()
  const [, request] = /^cr-(\d{1,18})$/.exec(name) ?? []
  if (request) return reply(await answerRequest(context, args.command.user_id, request))
  if (isCommand(name)) return reply(await COMMANDS[name](context, args, rest))
  const playbook = findPlaybook(name)
  if (word && !playbook) return reply(await unknownCommand(context, [word, ...rest]))

  if (!context.allowedChannels.includes(args.command.channel_id)) {
    throw new ChangeError('not-allowed-channel', {
      detail: context.allowedChannels.map((id) => `<#${id}>`).join(' or '),
    })
  }
  await refuseUnless(context.changes, 'mayRequest', args.command.user_id)
  if (playbook) await demandOn(context.changes, playbook.name)
  const channel = args.command.channel_id
  const view = playbook
    ? formView(context, playbook, { channel, isFirst: playbook.inSteps ?? false, ...prefill(playbook, rest) })
    : renderChooser((await sortPlaybooks(context.changes)).on, JSON.stringify({ channel }))
  await args.client.views.open({ trigger_id: args.command.trigger_id, view })
}

type Answer = (context: HandlerContext, args: Command, rest: readonly string[]) => Promise<Message>

/** What can be typed besides playbooks and requests; whoever types it is answered alone. */
const COMMANDS = {
  help: (context) => help(context),
  requests: (context, { command }) => answerOwnRequests(context, command.user_id),
  find: (context, { command }, rest) => answerFind(context, command.user_id, rest.join(' ')),
  history: (context, { command }, rest) => answerHistory(context, command.user_id, rest.join(' ')),
  show: (context, args, rest) => withProgress(args, showTrainee(context, args.command.user_id, rest.join(' '))),
  jobs: (context, { command }, rest) => answerJobs(context, command.user_id, rest),
  pause: (context, { command }, rest) => answerPause(context, command.user_id, rest.join(' ')),
  resume: (context, { command }) => answerResume(context, command.user_id),
} satisfies Record<string, Answer>

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS)

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name)
}

/** One that is written nearly so is asked about; otherwise all are shown. */
async function unknownCommand(context: HandlerContext, words: readonly string[]): Promise<Message> {
  const { on } = await sortPlaybooks(context.changes)
  const nearest = findNearest(words, [...on.map(({ name }) => name), ...COMMAND_NAMES])
  return nearest ? renderDidYouMean(words[0] ?? '', nearest) : help(context, words[0])
}

async function help({ changes, posts }: HandlerContext, unknown: string | null = null): Promise<Message> {
  const [{ on }, standstill] = await Promise.all([sortPlaybooks(changes), findStandstill(changes)])
  return renderHelp(on, unknown, standstill, posts !== null)
}

/** Slack escapes these three in what people type after a command, and puts links into angle brackets. */
function unescapeText(text: string): string {
  const linked = text.replace(/<(https?:[^|>]*)(?:\|[^>]*)?>/g, '$1')
  return linked.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Words after the command as form values; a choice that is not on its list is said to be unknown, not guessed. */
function prefill(
  playbook: AnyPlaybook,
  words: readonly string[],
): { values: Record<string, string>; problems: string[] } {
  const values: Record<string, string> = {}
  const problems: string[] = []
  const fields = commandFields(playbook.form)
  for (const [index, [name, { input, label }]] of fields.entries()) {
    const typed = (index === fields.length - 1 ? words.slice(index).join(' ') : words[index]) ?? ''
    if (!typed) continue
    if (input.type === 'text') values[name] = typed.slice(0, input.maxLength)
    else {
      const same = (text: string) => text.toLowerCase() === typed.toLowerCase()
      const option = input.options.find((offered) => same(offered.value) || same(offered.label))
      if (option) values[name] = option.value
      else problems.push(`${label}: “${typed.slice(0, 60)}” is not on the list. Choose one.`)
    }
  }
  return { values, problems }
}

const PROGRESS_AFTER_MS = 2_000

/** Says "Looking…" if the answer takes longer than two seconds. */
async function withProgress<T>({ respond }: Command, answer: Promise<T>): Promise<T> {
  const text = 'Looking… DTTP is taking longer than usual.'
  const timer = setTimeout(() => void respond({ response_type: 'ephemeral', text }).catch(() => {}), PROGRESS_AFTER_MS)
  try {
    return await answer
  } finally {
    clearTimeout(timer)
  }
}
