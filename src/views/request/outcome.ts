import { formatDateTime } from '../../calendar/london.ts'
import { needsAttention } from '../../changes/attention.ts'
import { findHoldUp } from '../../changes/execute/postponed.ts'
import { cancellerOf } from '../../changes/requests.ts'
import type { ChangeRequest, FollowUp, Postcondition, Status } from '../../entities/chatops/change-request.ts'
import { THE_BOT } from '../../ledger/ledger.ts'
import { columnLabel } from '../../register/columns.ts'
import { count, listed } from '../../words.ts'
import { type Block, heading, linkableSections, plainLines, plainSections, section, takeWithin } from '../kit/blocks.ts'
import { asOneLine, onOneLine } from '../kit/exact-text.ts'
import { capitalise, uncapitalise } from '../kit/labels.ts'
import { shorten } from '../kit/text.ts'
import { byWhom, crName } from './request.ts'
import { renderTraineeLines } from './trainee-lines.ts'

/** A request's state as the head of its card: one emoji, and what it is. */
export function headlineOf(changeRequest: ChangeRequest): string {
  const cr = crName(changeRequest)
  if (changeRequest.outcome.undoneBy) return `↩️ ${cr} was undone`
  const isDealtWith = changeRequest.status === 'needs-attention' && !needsAttention(changeRequest)
  return isDealtWith ? dealtHeadline(cr, changeRequest) : HEADLINES[changeRequest.status](cr)
}

function dealtHeadline(cr: string, { dealtBy }: ChangeRequest): string {
  return dealtBy === THE_BOT ? `✅ ${cr} is done, later than it should have been` : `☑️ ${cr} is dealt with`
}

const HEADLINES: Readonly<Record<Status, (cr: string) => string>> = {
  unsent: (cr) => `📝 ${cr} is not sent yet`,
  pending: (cr) => `⏳ ${cr} is waiting for approval`,
  approved: (cr) => `👍 ${cr} is approved`,
  verifying: (cr) => `🔎 ${cr}: checking the result`,
  done: (cr) => `✅ ${cr} is done`,
  rejected: (cr) => `🚫 ${cr} was rejected`,
  cancelled: (cr) => `🚫 ${cr} was cancelled`,
  expired: (cr) => `⌛ ${cr} has expired`,
  stale: (cr) => `🔁 ${cr} is out of date`,
  failed: (cr) => `❌ ${cr} could not be done`,
  'needs-attention': (cr) => `⚠️ ${cr} needs attention`,
}

/** What people can ask for now that a request needs attention; at most two things. */
export function followUpsOf(changeRequest: ChangeRequest): FollowUp[] {
  if (!needsAttention(changeRequest)) return []
  return (changeRequest.outcome.verified ?? [])
    .flatMap(({ holds, followUps }) => (holds ? [] : (followUps ?? [])))
    .slice(0, 2)
}

/**
 * What has become of a request and what to do next, for its card. Bounded: 20 blocks, 9,000 characters. Nothing once
 * another request has undone it: what was found then is no longer so.
 * @param isHeld whether nothing is carried out just now
 */
export function renderOutcome(changeRequest: ChangeRequest, isHeld = false): Block[] {
  const { status, decidedBy, decidedAt, decisionReason, executedAt, finishedAt, expiresAt, outcome } = changeRequest
  if (outcome.undoneBy) return []
  const approved = `Approved by ${byWhom(decidedBy, decidedAt)}.`
  const verified = outcome.verified ?? []
  const { advice } = outcome
  const isNews = advice && (advice.message === null || advice.until !== undefined)
  const advised = isNews ? plainSections(advice.lead) : []
  switch (status) {
    case 'unsent':
    case 'pending':
      return []
    case 'approved':
      return [section(`${approved} ${isHeld ? HELD : comingWords(changeRequest)}`)]
    case 'verifying':
      return [
        section('We are checking the result. You do not need to do anything.'),
        ...problem(verified.find(({ waiting, problem }) => waiting && problem)?.problem),
        ...lines(verified),
        ...advised,
      ]
    case 'done':
      return [...renderTraineeLines(verified), ...(isPollOver(outcome) ? [] : advised)]
    case 'rejected':
      return [
        section(`Rejected by ${byWhom(decidedBy, decidedAt)}. Nothing has changed.`),
        ...plainSections(decisionReason ? shorten(`Why: ${onOneLine(decisionReason)}`, 2500) : ''),
      ]
    case 'cancelled':
      return [
        ...(decidedBy ? [section(approved)] : []),
        section(`Cancelled by ${byWhom(cancellerOf(changeRequest), finishedAt)}. Nothing has changed.`),
      ]
    case 'expired': {
      const before = expiresAt ? ` before ${formatDateTime(expiresAt)}` : ' in time'
      return [section(`Nobody approved it${before}. Nothing has changed.`)]
    }
    case 'stale':
      return [
        ...(decidedBy ? [section(approved)] : []),
        ...whatMoved(outcome.moved),
        section('Select “Preview again”, check the new preview, then ask for approval.'),
      ]
    case 'failed':
      return [
        ...(decidedBy ? [section(approved)] : []),
        ...problem(outcome.problem),
        section(`We have not made any of the changes in this request. ${ASK_AGAIN}`),
      ]
    case 'needs-attention':
      return [
        ...(executedAt ? [] : [section(`${approved} We have not made any of the changes in this request.`)]),
        ...problem(outcome.problem),
        ...(executedAt ? [] : [section(ASK_AGAIN)]),
        ...(verified.length > 1 ? lines(verified) : whatDoesNotHold(verified, outcome.problem ?? '')),
      ]
  }
}

/** What was looked at after the commit, line by line, for whoever wants to see it. */
export function renderChecked({ outcome }: ChangeRequest): Block[] {
  return lines(outcome.verified ?? [])
}

/** What is advised for as long as a TRN is waited for is needless then. */
function isPollOver({ poll }: ChangeRequest['outcome']): boolean {
  return poll !== undefined && !(typeof poll === 'object' && 'next' in poll)
}

const ASK_AGAIN = 'Select “Ask again” once that is put right.'

/** Above it stands why. */
const HELD = 'The changes are not made before that is over. Nothing has changed yet.'

/** Why they are not made yet is said from the first failure on, with how long it is tried. */
function comingWords(changeRequest: ChangeRequest): string {
  const holdUp = findHoldUp(changeRequest)
  if (!holdUp) return 'The changes are made next.'
  const until = formatDateTime(holdUp.until)
  const why = {
    unreachable: `something that they need does not answer. We try until ${until}.`,
    'left-to-others': `another version of the bot made this request, and carries it out. We wait for it until ${until}.`,
  }[holdUp.reason]
  return `We could not make the changes yet: ${why} Nothing has changed yet.`
}

function problem(words: string | undefined): Block[] {
  return words ? linkableSections(shorten(words, 1500)) : []
}

function whatMoved(moved: ChangeRequest['outcome']['moved']): Block[] {
  const columns = (moved?.columns ?? []).map((column) => uncapitalise(columnLabel(column)))
  const noticed = moved ? `We noticed this on ${formatDateTime(new Date(moved.noticedAt))}. ` : ''
  const what = columns.length > 0 ? `The ${listed(columns, 10)}` : 'What we looked at'
  const told = moved?.told ?? []
  const isNamed = columns.length > 0 || (moved?.checks.length ?? 0) + told.length === 0
  const checks = (moved?.checks ?? [])
    .slice(0, 10)
    .map((sentence) => `This check now finds something else: ${sentence}.`)
  const left = (moved?.checks.length ?? 0) - checks.length
  return [
    ...plainSections(isNamed ? `${capitalise(what)} changed after the preview.` : ''),
    ...plainSections(toldWords(told)),
    ...plainSections(shorten([...checks, ...(left > 0 ? [`And ${count(left, 'more check')}.`] : [])].join('\n'), 1500)),
    section(`${noticed}We have not made any of the changes in this request.`),
  ]
}

function toldWords(trainees: readonly string[]): string {
  if (trainees.length === 0) return ''
  const who = `${trainees.length === 1 ? 'trainee' : 'trainees'} ${listed(trainees, 10)}`
  return `What DTTP would be told of ${who} is not what it was at the preview.`
}

const MOST_LINES = 10

/**
 * The postconditions, with a line for each, if there are several. They have no emoji, since the card has one already.
 */
function lines(verified: readonly Postcondition[]): Block[] {
  const general = verified.filter(({ trainee }) => !trainee)
  if (verified.length < 2) return renderTraineeLines(verified)
  const shown = general.slice(0, MOST_LINES).map(line)
  const left = general.length - shown.length
  return [
    ...(general.length > 0 ? [heading('What we looked at')] : []),
    ...plainLines([...shown, ...(left > 0 ? [`And ${left.toLocaleString('en-GB')} more.`] : [])]),
    ...renderTraineeLines(verified),
  ]
}

function line({ sentence, holds, waiting, found }: Postcondition): string {
  const [mark, end] = holds ? ['✓', '.'] : waiting ? ['○', ': not yet.'] : ['✗', ': this does not hold.']
  return shorten(asOneLine(`${mark} ${sentence}${end} ${found}`.trimEnd()), 400)
}

function whatDoesNotHold(verified: readonly Postcondition[], said: string): Block[] {
  const broken = verified.filter(({ holds }) => !holds)
  if (broken.length === 0) return []
  const groups = broken.map(({ sentence, found }) => ({
    blocks: linkableSections(
      shorten(`${sentence}: this does not hold.${said.includes(found) ? '' : ` ${found}`}`, 600),
    ),
    shows: 1,
  }))
  const { blocks, left } = takeWithin(groups, { blocks: 6, weight: 1500 })
  return [
    heading('What is not as it should be'),
    ...blocks,
    ...(left > 0 ? [section(`And ${left.toLocaleString('en-GB')} more.`)] : []),
  ]
}
