import type { AnyPlaybook } from '../playbooks/playbook.ts'
import { type Block, copyable, heading, type Message, note, plainSections, takeWithin } from './blocks.ts'
import { shorten } from './text.ts'

const COMMAND = '/trainee'

/** Every playbook as it is typed, made from the registry, and the commands that are always there. */
export function renderHelp(playbooks: readonly AnyPlaybook[]): Message {
  const groups = playbooks.map((playbook) => ({
    blocks: [
      heading(shorten(playbook.title, 500)),
      ...copyable(usageOf(playbook)),
      ...plainSections(shorten(playbook.summary, 1000)),
    ],
    shows: 1,
  }))
  const { blocks, left } = takeWithin(groups, { blocks: 36, weight: 12_000 })
  return {
    text: `How to use ${COMMAND}`,
    blocks: [
      heading('How to use this command'),
      ...plainSections(
        'Ask for a change to a trainee’s record. You see a preview first. Nothing changes until another developer has approved it.',
      ),
      ...blocks,
      ...(left > 0
        ? [note(`And ${left.toLocaleString('en-GB')} more: type ${COMMAND} to choose from all of them.`)]
        : []),
      ...always(playbooks[0]),
    ],
  }
}

function always(first: AnyPlaybook | undefined): Block[] {
  const example = first ? [`For example: ${exampleOf(first)}`] : []
  return [
    heading('Other commands'),
    ...plainSections(`${COMMAND} – choose what to do from a list`),
    ...plainSections(`${COMMAND} requests – your requests, also those not sent yet`),
    ...plainSections(`${COMMAND} help – this page`),
    heading('How to name a trainee'),
    ...plainSections(
      'Paste the trainee’s link in Register, the last part of that link, or their number. Do not use a name or a TRN. What you leave out is asked for in the form.',
    ),
    ...example.flatMap(plainSections),
  ]
}

/** "/trainee fix-route <trainee> <route>" */
function usageOf({ name, args }: AnyPlaybook): string {
  return [COMMAND, name, ...args.map((arg: string) => `<${arg}>`)].join(' ')
}

/** The usage with a number for the trainee and the first thing each select offers. */
function exampleOf({ name, args, form }: AnyPlaybook): string {
  const values = args.map((arg: string) => {
    const input = form[arg]?.input
    return input?.type === 'select' ? (input.options[0]?.value ?? `<${arg}>`) : arg === 'trainee' ? '5913' : `<${arg}>`
  })
  return [COMMAND, name, ...values].join(' ')
}
