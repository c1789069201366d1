// What happens again and again in the tour: asking, sending, reviewing, and waiting for what a request's card says.
import { SUPPORT_CHANNEL } from '../demo/workspace.ts'
import { matches, nameOf, type Person, type Stage, sayMessage, waitFor } from './people.ts'
import type { Records } from './records.ts'
import type { Message, SlackWindow } from './slack-window.ts'
import { linesOf } from './words.ts'

export interface Tour extends Stage {
  window: SlackWindow
  records: Records
  support: Person
  developer: Person
  /** Connected to another bot process, through a Slack of her own: the local Slack has one modal for everybody. */
  secondDeveloper: Person
  guest: Person
  /** Ends the first bot at once, as a crash would, and starts it again. */
  crashBot(): Promise<void>
  restartBot(): Promise<void>
  /** `bin/chatops verify-ledger`: what it prints. */
  verifyLedger(): Promise<string>
  /** What the bots logged as errors. */
  loggedErrors(): string[]
}

export const REASON = 'The provider chose the wrong route'

/** Types the command, fills the form, and waits for the preview. Returns the request's number. */
export async function previewChange(
  { support }: Tour,
  asked: { trainee: string; route: string; reason?: string; ticket?: string },
): Promise<{ cr: string; lines: string[] }> {
  await support.types(`fix-route ${asked.trainee} ${asked.route}`)
  await support.getsModal('New route')
  const { reason = REASON, ticket } = asked
  support.submits('Check', { reason, ...(ticket ? { ticket } : {}) })
  const lines = await support.getsModal('Not sent yet')
  return { cr: /CR-(\d+)/.exec(lines.join('\n'))?.[1] ?? '', lines }
}

/** Asks for approval of what is previewed, and waits for the card. */
export async function askForApproval(tour: Tour, cr: string): Promise<Message> {
  tour.support.submits('Ask for approval')
  await tour.support.getsModal(`CR-${cr} is waiting for approval`)
  return card(tour, cr, 'waiting for approval')
}

/** A request that waits for approval, made without further ado. */
export async function sendRequest(tour: Tour, asked: { trainee: string; route: string; reason?: string }) {
  const { cr } = await previewChange(tour, asked)
  return { cr, message: await askForApproval(tour, cr) }
}

/** Opens the review; returns what it shows. */
export async function openReview(person: Person, message: Message, cr: string): Promise<string[]> {
  await person.selects('Review & approve', message)
  return person.getsModal(new RegExp(`CR-${cr} for[^]*What changes[^]*\\[ Approve \\]$`))
}

/** The request's card, once it says this. */
export async function card(tour: Tour, cr: string, says: string | RegExp, patienceMs?: number): Promise<Message> {
  let seen: Message | undefined
  return waitFor(
    tour,
    async () => {
      const messages = await tour.window.messages(SUPPORT_CHANNEL)
      seen = messages.find((message) => !message.thread_ts && message.text.startsWith(`CR-${cr} (`))
      return seen && matches(`${seen.text}\n${sayMessage(seen)}`, says) ? seen : null
    },
    () => ({ expected: `the card of CR-${cr} to say ${says}`, seen: seen ? sayMessage(seen) : 'no card' }),
    patienceMs,
  )
}

/** The messages in the request's thread, once they all say something of this. */
export async function thread(tour: Tour, { ts }: Message, says: readonly string[]): Promise<string[][]> {
  let seen: string[][] = []
  await waitFor(
    tour,
    async () => {
      const messages = await tour.window.messages(SUPPORT_CHANNEL)
      const replies = messages.filter(({ thread_ts, ts: own }) => thread_ts === ts && own !== ts)
      seen = replies.map(({ blocks = [] }) => linesOf(blocks, nameOf))
      const all = seen.flat().join('\n')
      return says.every((words) => all.includes(words))
    },
    () => ({ expected: `a thread with ${says.join('; ')}`, seen: seen.flat().join('\n') || 'nothing' }),
  )
  return seen
}

export function buttonsOn(message: Message): string[] {
  return (message.blocks ?? [])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) => elements.map(({ text }) => (text as { text: string }).text))
}

/** The first lines of a card: what it is and what has become of it. */
export function headOf(message: Message): string[] {
  const lines = linesOf(message.blocks ?? [], nameOf)
  const table = lines.findIndex((line) => /^What (would have |would |will )?changed?$/.test(line))
  return table < 0 ? lines : lines.slice(0, table)
}
