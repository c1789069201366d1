import { commandFields, type Field } from '../contract/fields.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { renderStandstill, type Standstill } from './brake.ts'
import { type Block, heading, type Message, note, plainSections, section, takeWithin } from './kit/blocks.ts'
import { escapeText, shorten } from './kit/text.ts'

const COMMAND = '/trainee'

/**
 * Every playbook as it is typed, made from the registry, and the commands that are always there. `unknown` is what was
 * typed in place of a command, `answersPosts` whether Register's own posts are answered.
 */
export function renderHelp(
  playbooks: readonly AnyPlaybook[],
  unknown: string | null = null,
  standstill: Standstill | null = null,
  answersPosts = true,
): Message {
  const groups = playbooks.map((playbook) => ({
    blocks: [
      heading(shorten(playbook.title, 500)),
      section(`\`${usageOf(playbook)}\``),
      ...plainSections(shorten(playbook.summary, 1000)),
    ],
    shows: 1,
  }))
  const { blocks, left } = takeWithin(groups, { blocks: 32, weight: 12_000 })
  return {
    text: `How to use ${COMMAND}`,
    blocks: [
      ...plainSections(unknown === null ? '' : `There is no command “${shorten(unknown, 100)}”. Nothing has changed.`),
      ...(standstill ? renderStandstill(standstill) : []),
      heading('How to use this command'),
      ...plainSections(
        'Ask for a change to a trainee’s record. You see a preview first. Nothing changes until a developer has approved it.',
      ),
      ...blocks,
      ...(left > 0
        ? [note(`And ${left.toLocaleString('en-GB')} more: type ${COMMAND} to choose from all of them.`)]
        : []),
      ...always(playbooks[0], answersPosts),
    ],
  }
}

const NO_POSTS =
  'Register’s own posts are not answered here: nobody has told the bot where they are (REGISTER_POSTS_IN). Use “Fix this trainee” on them.'

/**
 * In place of all of the help: one command that was perhaps meant.
 * @param typed what was typed in place of a command
 */
export function renderDidYouMean(typed: string, nearest: string): Message {
  const title = `Did you mean ${nearest}?`
  return {
    text: escapeText(title),
    blocks: [
      heading(title),
      ...plainSections(
        `There is no command “${shorten(typed, 100)}”. Nothing has changed. Type ${COMMAND} ${nearest}, or ${COMMAND} help to see every command.`,
      ),
    ],
  }
}

function always(first: AnyPlaybook | undefined, answersPosts: boolean): Block[] {
  const example = first ? [`For example: ${exampleOf(first)}`] : []
  return [
    heading('Other commands'),
    ...plainSections(`${COMMAND} – choose what to do from a list`),
    ...plainSections(`${COMMAND} requests – your open requests, and those of the last 14 days`),
    ...plainSections(`${COMMAND} CR-12 – one request, as its card shows it`),
    ...plainSections(`${COMMAND} find [trainee, URN, ticket or @person] – requests`),
    ...plainSections(`${COMMAND} history [trainee] – all that the bot did or saw of a trainee`),
    ...plainSections(
      `${COMMAND} show [trainee] – what Register, DTTP and GIAS hold of a trainee, and what is going on`,
    ),
    ...plainSections(`${COMMAND} jobs [trainee] [job] – jobs that are stuck, have failed or wait, and what applies`),
    ...plainSections(`${COMMAND} pause [reason] – for approvers: carry nothing out until two of you resume`),
    ...plainSections(`${COMMAND} resume – for two approvers: go on`),
    ...plainSections(`${COMMAND} help – this page`),
    ...plainSections(
      '“Fix this trainee”, in the menu of a message that names one trainee – what we know of them and what can be done, in its thread',
    ),
    ...plainSections(answersPosts ? '' : NO_POSTS),
    heading('How to name a trainee'),
    ...plainSections(
      'Paste the trainee’s link in Register, the last part of that link, or their number. Do not use a name or a TRN. What you leave out is asked for in the form.',
    ),
    ...example.flatMap(plainSections),
  ]
}

/** "/trainee fix-route [trainee] [route]", without characters that Slack would interpret. */
function usageOf({ name, form }: AnyPlaybook): string {
  return [COMMAND, name, ...commandWords(form).map(([word]) => `[${word}]`)].join(' ').replace(/[^\w/[\] -]/g, '')
}

/** The usage with a number for the trainee and the first thing each select offers, in its own words. */
function exampleOf({ name, form }: AnyPlaybook): string {
  const values = commandWords(form).map(([word, { input }]) => {
    if (input.type === 'select') return input.options[0]?.label ?? `[${word}]`
    return word.startsWith('trainee') ? '5913' : `[${word}]`
  })
  return [COMMAND, name, ...values].join(' ')
}

/** What can be typed after the command: a word for each field. */
function commandWords(form: AnyPlaybook['form']): [word: string, field: Field<string>][] {
  return commandFields(form).map(([name, field]) => [name === 'subject' ? form.subject.word : name, field])
}
