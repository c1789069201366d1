import { formatDateTime } from '../calendar/london.ts'
import type { RequestEvent } from '../ledger/ledger.ts'
import type { Page } from '../pages.ts'
import { playbooks } from '../playbooks/index.ts'
import { jobDoes, jobFailedWords, registerNamesOf } from '../register/jobs/words.ts'
import type { HistoryEvent } from '../trainee/history.ts'
import { count } from '../words.ts'
import { heading, type Message, note, plainSections, section, smallPrint } from './kit/blocks.ts'
import { ACTIONS } from './kit/ids.ts'
import { pageBlocks } from './kit/pages.ts'
import { escapeText, mention, shorten } from './kit/text.ts'

/** The answer to `/trainee history`: a line for each thing that the bot did or saw, newest first. */
export function renderHistory({
  trainee,
  history,
  registerUrl,
  turnTo,
}: {
  trainee: { id: string; slug: string | null }
  history: Page<HistoryEvent>
  registerUrl: string
  turnTo: (page: number) => string
}): Message {
  const view = trainee.slug ? `<${registerUrl}/trainees/${trainee.slug}|View trainee>` : 'No longer in Register'
  const title = `What the bot did or saw: trainee ${trainee.id}`
  const number = `${history.isAll ? '' : 'More than '}${count(history.all, 'event')}`
  return {
    text: title,
    blocks: [
      heading(title),
      note(`${view}. ${number}, the newest first. Times are London time.`),
      ...(history.all === 0 ? plainSections('The bot has done and seen nothing for this trainee.') : []),
      ...history.items.map((event) => section(`${formatDateTime(event.at)}: ${eventWords(event)}`)),
      ...smallPrint(registerNamesOf(history.items.flatMap(({ kind, which }) => (kind === 'job' ? [which] : [])))),
      ...pageBlocks(history, ACTIONS.historyPage, turnTo),
    ],
  }
}

/** Mrkdwn. */
function eventWords({ kind, what, which, who, words }: HistoryEvent): string {
  const said = words ? ` ${escapeText(shorten(words, 300))}` : ''
  switch (kind) {
    case 'request':
      return `*CR-${which}* (${titleOf(words)}) ${requestWords(what)}${who === 'chatops' ? '' : ` by ${mention(who)}`}`
    case 'job':
      return what === 'failed' ? `${jobFailedWords(which)}.${said}` : `“${jobDoes(which)}” ${JOB_WORDS[what] ?? what}.`
    case 'alert':
      return `${ALERT_WORDS[what] ?? what}${who ? ` by ${mention(who)}` : ''}.${said}`
    case 'registration':
      return REGISTRATION_WORDS[what] ?? 'A registration was sent to DTTP.'
    case 'wait':
      return `${mention(who)} asked for the school with URN ${which.replace(/\D/g, '')} to be added to DTTP${what === 'arrived' ? '; it is there now' : ''}.`
  }
}

/** An event that a later version has written has no words here. */
function requestWords(what: string): string {
  const words: Readonly<Record<string, string | undefined>> = REQUEST_WORDS
  return words[what] ?? escapeText(what.replaceAll('-', ' '))
}

function titleOf(name: string | null): string {
  return escapeText(playbooks.find((playbook) => playbook.name === name)?.title ?? name ?? '')
}

/** The ledger's events, by what people call them. */
export const REQUEST_WORDS: Readonly<Record<RequestEvent, string>> = {
  proposed: 'was previewed',
  sent: 'was sent for approval',
  'review-opened': 'was opened for review',
  'values-revealed': 'was opened with its personal details',
  refused: 'was refused an action',
  approved: 'was approved',
  rejected: 'was rejected',
  cancelled: 'was cancelled',
  expired: 'expired',
  stale: 'went out of date',
  executed: 'was carried out',
  done: 'is done',
  failed: 'could not be done',
  'needs-attention': 'needed attention',
  'question-asked': 'was asked a question about',
  'step-done': 'had a step by hand marked as done',
  'step-not-done': 'had a step by hand marked as not done',
  'step-needless': 'has a step by hand that is no longer needed',
  'dealt-with': 'was dealt with',
}

const JOB_WORDS: Readonly<Record<string, string>> = {
  waiting: 'waits for its turn',
  running: 'runs',
  done: 'ended as it should',
}

const ALERT_WORDS: Readonly<Record<string, string>> = {
  opened: 'The bot posted an alert',
  dismissed: 'The alert was dismissed',
  settled: 'The alert’s cause went away',
}

const REGISTRATION_WORDS: Readonly<Record<string, string>> = {
  sent: 'A registration was sent to DTTP. Its outcome is not known yet.',
  registered: 'A registration was sent to DTTP, which registered the trainee.',
  'not-sent': 'A registration did not reach DTTP.',
  unknown: 'A registration was sent to DTTP. Nobody knows its outcome.',
  'taken-over': 'A registration was sent to DTTP, and a later one took its place.',
}
