import { formatDateTime } from '../../calendar/london.ts'
import { type CheckResult, isWarning } from '../../contract/check.ts'
import { inverse } from '../../contract/plan.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { checksOf } from '../../contract/stored.ts'
import type { ChangeRequest, Status } from '../../entities/chatops/change-request.ts'
import { count } from '../../words.ts'
import { renderStandstill, type Standstill } from '../brake.ts'
import {
  actions,
  type Block,
  button,
  header,
  heading,
  type Message,
  note,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { ACTIONS } from '../kit/ids.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { cancelButton } from './cancel-button.ts'
import { isShortened, renderChangeRows } from './change-rows.ts'
import { describeEffects } from './effects.ts'
import { followUpsOf, headlineOf, renderOutcome } from './outcome.ts'
import { byWhom, crName, findPlan, STATUS_WORDS, subjectOf, traineeUrl, typedIn, whyNoDetails } from './request.ts'
import { describeChanges } from './values.ts'
import { loudestFirst } from './verdicts.ts'

const MOST_OF_A_VALUE = 200

/**
 * The one message that shows a change request, for whatever state it is in. Never holds a personal value, and stays
 * within 50 blocks and 12,000 characters whatever the plan.
 */
export function renderCard({
  changeRequest,
  playbook,
  registerUrl,
  approverGroup,
  standstill,
}: {
  changeRequest: ChangeRequest
  playbook: Pick<AnyPlaybook, 'title'>
  registerUrl: string
  approverGroup: string | null
  standstill?: Standstill
}): Message {
  const subject = subjectOf(changeRequest, registerUrl)
  const asked = `Asked for by ${byWhom(changeRequest.requester, changeRequest.sentAt ?? changeRequest.createdAt)}.`
  const about = `${escapeText(shorten(playbook.title, 200))}${subject ? ` for ${subject}` : ''}`
  const plan = findPlan(changeRequest)
  return {
    text: `${crName(changeRequest)} (${STATUS_WORDS[changeRequest.status]}): ${escapeText(shorten(playbook.title, 200))}`,
    blocks: [
      header(headlineOf(changeRequest)),
      section(`*${about}*\n${asked}${changeRequest.follows ? ` It follows CR-${changeRequest.follows}.` : ''}`),
      ...(standstill && isWaiting(changeRequest) ? renderStandstill(standstill) : []),
      ...renderOff(changeRequest),
      ...typedWords(changeRequest),
      ...renderOutcome(changeRequest),
      ...(plan ? renderChecks(changeRequest) : []),
      ...(plan
        ? [...renderChanges(changeRequest), ...renderAlso(changeRequest)]
        : plainSections(whyNoDetails(changeRequest))),
      ...renderExpiry(changeRequest, approverGroup),
      ...renderButtons(changeRequest, registerUrl),
    ],
  }
}

/** Why neither a person nor the bot goes on with it for now. */
function renderOff(changeRequest: ChangeRequest): Block[] {
  const { status, outcome } = changeRequest
  if (!outcome.off || !isWaiting(changeRequest)) return []
  const next =
    status === 'approved'
      ? 'It stays approved, and is carried out once that is put right. Nothing has changed yet.'
      : 'Nobody can approve it until that is put right. Nothing has changed.'
  return plainSections(shorten(`This kind of change is switched off for now. ${outcome.off} ${next}`, 1000))
}

/** Whether something is still to be carried out. */
function isWaiting({ status }: ChangeRequest): boolean {
  return status === 'pending' || status === 'approved'
}

function typedWords(changeRequest: ChangeRequest): Block[] {
  const [reason, ticket] = [typedIn(changeRequest, 'reason'), typedIn(changeRequest, 'ticket')]
  return [
    ...plainSections(reason && shorten(`Reason: ${onOneLine(reason)}`, 2500)),
    ...plainSections(ticket && shorten(`Support ticket: ${onOneLine(ticket)}`, 1000)),
  ]
}

/** Where to see what the card leaves out. */
function pointer({ status }: ChangeRequest): string {
  return status === 'pending' ? ' “Review &amp; approve” shows all.' : ''
}

type Headings = { changes: string; happens: string }

const WOULD: Headings = { changes: 'What would change', happens: 'What would happen' }
const DID: Headings = { changes: 'What changed', happens: 'What was done' }
const WOULD_HAVE: Headings = { changes: 'What would have changed', happens: 'What would have happened' }

const HEADINGS: Readonly<Partial<Record<Status, Headings>>> = {
  unsent: WOULD,
  pending: WOULD,
  approved: { changes: 'What will change', happens: 'What will happen' },
  verifying: DID,
  done: DID,
}

/** A request that needs attention is the only one that may or may not have been carried out. */
function headingsFor({ status, executedAt }: ChangeRequest): Headings {
  const isMade = status === 'needs-attention' && executedAt !== null
  return HEADINGS[status] ?? (isMade ? DID : WOULD_HAVE)
}

function renderChanges(changeRequest: ChangeRequest): Block[] {
  const plan = findPlan(changeRequest)
  const changes = plan ? describeChanges(plan, { reveal: false }) : []
  if (changes.length === 0) return []
  const { blocks, left } = takeWithin(renderChangeRows(changes, MOST_OF_A_VALUE), { blocks: 12, weight: 5500 })
  const shown = changes.slice(0, changes.length - left)
  const shortened = shown.filter((change) => isShortened(change, MOST_OF_A_VALUE)).length
  const missing = [
    ...(shortened > 0 ? [`${count(shortened, 'long value')} shortened.`] : []),
    ...(left > 0 ? [`And ${count(left, 'more change')}.`] : []),
  ].join(' ')
  return [
    heading(headingsFor(changeRequest).changes),
    ...blocks,
    ...(missing ? [note(`${missing}${pointer(changeRequest)}`)] : []),
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
  const more = left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more.${pointer(changeRequest)}`)] : []
  const isAll = plan !== null && describeChanges(plan, { reveal: false }).length === 0
  return [heading(isAll ? headingsFor(changeRequest).happens : 'Also'), ...blocks, ...more]
}

/** Warnings in full while someone must decide; afterwards only how many there were. */
function renderChecks(changeRequest: ChangeRequest): Block[] {
  const checks = checksOf(changeRequest)
  const warnings = checks.filter(isWarning).length
  if (changeRequest.status === 'pending') return renderWarnings(checks, pointer(changeRequest))
  return warnings > 0 ? [note(`${count(warnings, 'warning')} ${warnings === 1 ? 'was' : 'were'} shown before.`)] : []
}

function renderWarnings(checks: readonly CheckResult[], pointer: string): Block[] {
  const loud = loudestFirst(checks).filter(isWarning)
  const holding = checks.filter(({ verdict }) => verdict === 'holds').length
  const groups = loud.map(({ found }) => ({
    blocks: plainSections(shorten(`Warning: ${found}`, 900)),
    shows: 1,
  }))
  const { blocks, left } = takeWithin(groups, { blocks: 10, weight: 3000 })
  const others = loud.length > 0 ? `${count(holding, 'other check')}` : count(holding, 'check')
  const words = [
    ...(left > 0 ? [`And ${count(left, 'more warning')}.${pointer}`] : []),
    ...(holding > 0 ? [`${others} ${holding === 1 ? 'holds' : 'hold'}.`] : []),
  ]
  return [...blocks, ...(words.length > 0 ? [note(words.join(' '))] : [])]
}

function renderExpiry({ status, expiresAt }: ChangeRequest, approverGroup: string | null): Block[] {
  if (status !== 'pending') return []
  const ask = approverGroup && /^[A-Za-z0-9]+$/.test(approverGroup) ? `<!subteam^${approverGroup}> please review. ` : ''
  const until = expiresAt ? `It expires on ${formatDateTime(expiresAt)} if nobody approves it.` : ''
  return ask || until ? [section(`${ask}${until}`)] : []
}

function renderButtons(changeRequest: ChangeRequest, registerUrl: string): Block[] {
  const { id, status } = changeRequest
  if (status === 'stale' || status === 'expired') return [actions([button('Preview again', ACTIONS.previewAgain, id)])]
  const next = followUpsOf(changeRequest).map(({ label }, index) => followUpButton(id, label, index))
  if (isFinished(changeRequest)) {
    const undo = canBeTakenBack(changeRequest) ? [button('Undo…', ACTIONS.startUndo, id)] : []
    return next.length + undo.length > 0 ? [actions([...next, ...undo])] : []
  }
  if (status !== 'pending') return []
  const url = traineeUrl(changeRequest, registerUrl)
  return [
    actions([
      button('Review & approve', ACTIONS.openReview, id, { style: 'primary' }),
      button('Reject', ACTIONS.openReject, id, { style: 'danger' }),
      cancelButton(changeRequest),
      ...(url ? [button('View trainee', ACTIONS.viewTrainee, id, { url })] : []),
    ]),
  ]
}

function followUpButton(id: string, label: string, index: number) {
  return button(label, index === 0 ? ACTIONS.startFollowUp : ACTIONS.startOtherFollowUp, `${id}:${index}`)
}

/** Whether a request was carried out and its result looked at. */
function isFinished({ status, executedAt, plan }: ChangeRequest): boolean {
  return plan !== null && executedAt !== null && (status === 'done' || status === 'needs-attention')
}

/** Whether undo is offered. Who asks for it by the command is told what stands in the way, and what people can do. */
function canBeTakenBack(changeRequest: ChangeRequest): boolean {
  const plan = findPlan(changeRequest)
  return plan !== null && 'plan' in inverse(plan)
}
