// What happens again and again in the tour: asking, sending, reviewing, and waiting for what a request's card says.
import type { Jobs } from '../demo/jobs.ts'
import type { Upstreams } from '../demo/upstreams.ts'
import { SUPPORT_CHANNEL } from '../demo/workspace.ts'
import { matches, nameOf, type Person, type Stage, sayMessage, waitFor } from './people.ts'
import type { Records } from './records.ts'
import type { Message, SlackWindow } from './slack-window.ts'
import { linesOf } from './words.ts'

export interface Tour extends Stage {
  window: SlackWindow
  records: Records
  upstreams: Upstreams
  /** Where Register's jobs are, whoever runs them. */
  jobs: Omit<Jobs, 'poll'>
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

/** A request that was sent, and its card. */
export type Request = { cr: string; message: Message }

export const REASON = 'The provider chose the wrong route'

/** Types the command for another route, fills the form, and waits for the preview. Returns the request's number. */
export async function previewChange(
  { support }: Tour,
  asked: { subject: string; route: string; reason?: string; ticket?: string },
): Promise<{ cr: string; lines: string[] }> {
  await support.types(`fix-route ${asked.subject} ${asked.route}`)
  await support.getsModal('New route')
  const { reason = REASON, ticket } = asked
  support.submits('Check', { reason, ...(ticket ? { ticket } : {}) })
  return getPreview(support)
}

/** Waits for a preview. Returns the request's number and what the preview shows. */
export async function getPreview(person: Person): Promise<{ cr: string; lines: string[] }> {
  const lines = await person.getsModal('Not sent yet')
  return { cr: /CR-(\d+)/.exec(lines.join('\n'))?.[1] ?? '', lines }
}

/** Asks for approval of what is previewed, and waits for the card. */
export async function askForApproval(tour: Tour, cr: string, person = tour.support): Promise<Message> {
  person.submits('Ask for approval')
  await person.getsModal(`CR-${cr} is waiting for approval`)
  person.closes()
  return card(tour, cr, 'needs approval by')
}

/** A request that waits for approval, made without further ado. */
export async function sendRequest(tour: Tour, asked: { subject: string; route: string; reason?: string }) {
  const { cr } = await previewChange(tour, asked)
  return { cr, message: await askForApproval(tour, cr) }
}

/** Opens the review; returns what it shows. */
export async function openReview(person: Person, message: Message): Promise<string[]> {
  await person.selects('Review', message)
  return person.getsModal(/can(not)? be undone[\s\S]*What (changes|happens)[\s\S]*\[ Approve \]$/)
}

/** The request's card, once it says this. */
export async function card(tour: Tour, cr: string, says: string | RegExp): Promise<Message> {
  let seen: Message | undefined
  return waitFor(
    tour,
    async () => {
      const messages = await tour.window.messages(SUPPORT_CHANNEL)
      seen = messages.find((message) => !message.thread_ts && new RegExp(`^CR-${cr}(:| \\()`).test(message.text))
      return seen && matches(`${seen.text}\n${sayMessage(seen)}`, says) ? seen : null
    },
    () => ({ expected: `the card of CR-${cr} to say ${says}`, seen: seen ? sayMessage(seen) : 'no card' }),
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

/** What the bot has posted by itself about this, once it says so. */
export async function post(tour: Tour, about: string | RegExp, says: string | RegExp = about): Promise<Message> {
  let seen: Message | undefined
  return waitFor(
    tour,
    async () => {
      const messages = await tour.window.messages(SUPPORT_CHANNEL)
      seen = messages.findLast((message) => !message.thread_ts && matches(message.text, about))
      return seen && matches(`${seen.text}\n${sayMessage(seen)}`, says) ? seen : null
    },
    () => ({ expected: `a post about ${about} that says ${says}`, seen: seen ? sayMessage(seen) : 'no such post' }),
  )
}

/** Reviews and approves the request; returns what the review shows. */
export async function approve(person: Person, { cr, message }: Request): Promise<string[]> {
  const lines = await openReview(person, message)
  person.submits('Approve')
  await person.getsModal(`You approved CR-${cr}`)
  person.closes()
  return lines
}

export function buttonsOn(message: Message): string[] {
  return (message.blocks ?? [])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) => elements.map(({ text }) => (text as { text: string }).text))
}

/** The first lines of a card: what it is and what has become of it. */
export function headOf(message: Message): string[] {
  const lines = linesOf(message.blocks ?? [], nameOf)
  const table = lines.findIndex((line) =>
    /^What (would have |would |will |was )?(changed?|happen(ed)?|done)$/.test(line),
  )
  return table < 0 ? lines : lines.slice(0, table)
}
