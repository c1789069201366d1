import { formatDeadline, formatDeadlineFrom } from '../../calendar/london.ts'
import { type CheckResult, isWarning } from '../../contract/check.ts'
import { checksOf } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { NO_SCHOOLS, type SchoolNames } from '../../register/schools/schools.ts'
import { count, listed } from '../../words.ts'
import {
  actions,
  type Block,
  button,
  heading,
  linkableSections,
  note,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { uncapitalise } from '../kit/labels.ts'
import { call, escapeText, mention, shorten } from '../kit/text.ts'
import { cancelButton } from './cancel-button.ts'
import { apart, isShortened, renderChangeRows } from './change-rows.ts'
import { typedWords } from './changes.ts'
import { describeEffects } from './effects.ts'
import { headlineOf } from './outcome.ts'
import { byWhom, crName, findPlan, traineeUrl, whatItIsAbout, whyNoDetails } from './request.ts'
import { linked, type Speaking, sayingOf } from './saying.ts'
import { describeChanges } from './values.ts'
import { loudestFirst } from './verdicts.ts'

// The card of a request that somebody has to decide on, or that is not sent yet.

const MOST_OF_A_VALUE = 200

type Shown = { changeRequest: ChangeRequest; playbook: Speaking; registerUrl: string; schools?: SchoolNames }

/** "CR-8 needs approval by 4:12pm on Friday 29 October". */
export function waitingHeader(request: ChangeRequest): string {
  if (request.status !== 'pending' || !request.expiresAt) return headlineOf(request)
  return `⏳ ${crName(request)} needs approval by ${formatDeadline(request.expiresAt)}`
}

/** All that a phone shows before the message is opened. */
export function notificationOf(request: ChangeRequest, playbook: Speaking): string {
  const { expiresAt, sentAt, createdAt } = request
  const saying = sayingOf(request, playbook)
  const what = saying ? `approve ${saying.approving}` : playbook.title
  const until = expiresAt ? ` Decide by ${formatDeadlineFrom(expiresAt, sentAt ?? createdAt)}.` : ''
  return `${crName(request)}: ${escapeText(shorten(what, 200))}. Asked for by ${mention(request.requester)}.${until}`
}

export function renderWaiting({ changeRequest, playbook, registerUrl, schools = NO_SCHOOLS }: Shown): Block[] {
  const asked = `Asked for by ${byWhom(changeRequest.requester, changeRequest.sentAt ?? changeRequest.createdAt)}.`
  const plan = findPlan(changeRequest)
  return [
    section(callingWords(changeRequest, playbook, registerUrl)),
    section(`${asked}${changeRequest.follows ? ` It follows CR-${changeRequest.follows}.` : ''}`),
    ...typedWords(changeRequest),
    ...(plan ? renderWarnings(checksOf(changeRequest)) : []),
    ...(plan
      ? [...renderChanges(changeRequest, schools), ...renderAlso(changeRequest)]
      : plainSections(whyNoDetails(changeRequest))),
    ...renderButtons(changeRequest, registerUrl),
  ]
}

/** "@register-approvers: change trainee 5901 from … to …. This empties …. Nothing has changed yet." */
function callingWords(request: ChangeRequest, playbook: Speaking, registerUrl: string): string {
  const saying = sayingOf(request, playbook)
  const subject = whatItIsAbout(request, registerUrl)
  const words = saying
    ? [`${linked(saying.asks, request, registerUrl)}.`, escapeText(saying.also)]
    : [`${escapeText(shorten(playbook.title, 200))}${subject ? ` for ${subject}` : ''}.`]
  const [what = '', ...rest] = words.filter(Boolean)
  const first = request.calls ? `${call(request.calls)}: ${what}` : `${what.charAt(0).toUpperCase()}${what.slice(1)}`
  return [first, ...rest, 'Nothing has changed yet.'].join(' ')
}

const POINTER = ' “Review” shows all.'

function renderChanges(changeRequest: ChangeRequest, schools: SchoolNames): Block[] {
  const plan = findPlan(changeRequest)
  const changes = plan ? describeChanges(plan, { reveal: false, schools }) : []
  if (changes.length === 0) return []
  const { changed: rows, emptied } = apart(changes)
  const { blocks, left } = takeWithin(renderChangeRows(rows, MOST_OF_A_VALUE), { blocks: 12, weight: 5500 })
  const shown = rows.slice(0, rows.length - left)
  const shortened = shown.filter((change) => isShortened(change, MOST_OF_A_VALUE)).length
  const missing = [
    ...(shortened > 0 ? [`${count(shortened, 'long value')} shortened.`] : []),
    ...(left > 0 ? [`And ${count(left, 'more change')}.`] : []),
  ].join(' ')
  // Who reviews sees what they hold.
  const names = emptied.map(({ label }) => shorten(label, 60))
  return [
    heading('What would change'),
    ...blocks,
    ...(emptied.length > 0 ? plainSections(`Emptied: ${listed(names.map(uncapitalise), 30)}.`) : []),
    ...(missing ? [note(`${missing}${POINTER}`)] : []),
  ]
}

function renderAlso(changeRequest: ChangeRequest): Block[] {
  const plan = findPlan(changeRequest)
  const groups = (plan ? describeEffects(plan) : []).map(({ title }) => ({
    blocks: plainSections(shorten(title, 300)),
    shows: 1,
  }))
  if (groups.length === 0) return []
  const { blocks, left } = takeWithin(groups, { blocks: 6, weight: 1500 })
  const more = left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more.${POINTER}`)] : []
  const isAll = plan !== null && describeChanges(plan, { reveal: false }).length === 0
  return [heading(isAll ? 'What would happen' : 'Also'), ...blocks, ...more]
}

function renderWarnings(checks: readonly CheckResult[]): Block[] {
  const loud = loudestFirst(checks).filter(isWarning)
  const holding = checks.filter(({ verdict }) => verdict === 'holds').length
  const groups = loud.map(({ found }) => ({
    blocks: linkableSections(shorten(`Warning: ${found}`, 900)),
    shows: 1,
  }))
  const { blocks, left } = takeWithin(groups, { blocks: 10, weight: 3000 })
  const others = loud.length > 0 ? `${count(holding, 'other check')}` : count(holding, 'check')
  const words = [
    ...(left > 0 ? [`And ${count(left, 'more warning')}.${POINTER}`] : []),
    ...(holding > 0 ? [`${others} ${holding === 1 ? 'holds' : 'hold'}.`] : []),
  ]
  return [...blocks, ...(words.length > 0 ? [note(words.join(' '))] : [])]
}

function renderButtons(changeRequest: ChangeRequest, registerUrl: string): Block[] {
  const { id, status } = changeRequest
  if (status !== 'pending') return []
  const url = traineeUrl(changeRequest, registerUrl)
  return [
    actions([
      button('Review', ACTIONS.openReview, id, { style: 'primary' }),
      button('Reject', ACTIONS.openReject, id, { style: 'danger' }),
      cancelButton(changeRequest),
      ...(url ? [button('View trainee', ACTIONS.viewTrainee, id, { url })] : []),
    ]),
  ]
}
