import { formatAt, formatDeadlineFrom } from '../../calendar/london.ts'
import { cancellerOf } from '../../changes/requests.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { columnLabel } from '../../register/columns.ts'
import { count, listed } from '../../words.ts'
import { actions, button, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { call, escapeText, mention, shorten } from '../kit/text.ts'
import { byWhom, crName, findPlan, STATUS_WORDS, whyNoDetails } from './request.ts'
import { linked, type Speaking, sayingOf } from './saying.ts'
import { columnsOf } from './values.ts'

/** What became of a request, for its requester; and, where it was carried out, the receipt. Names columns, never values. */
export function renderEnd({
  changeRequest,
  playbook,
  registerUrl,
  ledgerHash,
}: {
  changeRequest: ChangeRequest
  playbook: Speaking
  registerUrl: string
  ledgerHash: string | null
}): Message {
  const text = `${mention(changeRequest.requester)} ${crName(changeRequest)} ${endFor(changeRequest)}`
  const isSo = changeRequest.status === 'done' && !changeRequest.outcome.undoneBy
  const done = isSo ? sayingOf(changeRequest, playbook)?.done : undefined
  const words = done ? `${text} ${linked(done, changeRequest, registerUrl)}` : text
  return { text, blocks: [section(words), ...(ledgerHash ? renderReceipt(changeRequest, ledgerHash) : [])] }
}

function renderReceipt(changeRequest: ChangeRequest, ledgerHash: string) {
  const { requester, sentAt, createdAt, decidedBy, decidedAt, executedAt } = changeRequest
  const people = [
    `Receipt. Asked for by ${byWhom(requester, sentAt ?? createdAt)}.`,
    `Approved by ${byWhom(decidedBy, decidedAt)}.`,
    ...(executedAt ? [`Made at ${formatAt(executedAt)}.`] : []),
  ]
  return [
    note(people.join(' ')),
    ...plainSections(changedColumns(changeRequest)),
    note(`Ledger record: \`${ledgerHash.replace(/[^\w-]/g, '')}\``),
  ]
}

/** Reminds the approvers of a request that expires soon. */
export function renderReminder(
  request: ChangeRequest,
  { playbook, registerUrl, calls, now }: { playbook: Speaking; registerUrl: string; calls: string | null; now: Date },
): Message {
  const when = request.expiresAt ? ` expires at ${formatDeadlineFrom(request.expiresAt, now)}` : ' expires soon'
  const does = sayingOf(request, playbook)?.does ?? `${playbook.title}.`
  const who = calls ? `${call(calls)} ` : ''
  const text = `${who}${crName(request)}${when}. ${escapeText(does)} Nothing has changed.`
  const shown = `${who}${crName(request)}${when}. ${linked(does, request, registerUrl)} Nothing has changed.`
  const review = button(`Review ${crName(request)}`, ACTIONS.openReview, request.id, { style: 'primary' })
  return { text: shorten(text, 500), blocks: [section(shown), actions([review])] }
}

function endFor(changeRequest: ChangeRequest): string {
  const { status, decidedBy, executedAt, outcome } = changeRequest
  if (outcome.undoneBy) return `was carried out, and CR-${outcome.undoneBy} has undone it.`
  switch (status) {
    case 'done':
      return 'is done.'
    case 'rejected':
      return `was rejected by ${mention(decidedBy)}. Nothing has changed. The reason is on the request above.`
    case 'cancelled':
      return `was cancelled by ${mention(cancellerOf(changeRequest))}${decidedBy ? ` after ${mention(decidedBy)} had approved it` : ''}. Nothing has changed.`
    case 'expired':
      return 'has expired. Nothing has changed. Select “Ask again” on the request above if it is still needed.'
    case 'stale':
      return 'is out of date. Nothing has changed. Select “Preview again” on the request above, check the new preview, then ask for approval.'
    case 'failed':
      return 'could not be done. Nothing has changed. The request above says why.'
    case 'needs-attention':
      return executedAt
        ? 'needs attention. The changes were made, but the result is not as it should be. The request above says what a developer needs to look at.'
        : 'needs attention. We have not made the changes. The request above says why.'
    default:
      return `is ${STATUS_WORDS[status]}.`
  }
}

function changedColumns(changeRequest: ChangeRequest): string {
  const plan = findPlan(changeRequest)
  if (!plan) return whyNoDetails(changeRequest)
  const columns = plan.updates.flatMap((update) => columnsOf(update).map(columnLabel))
  const names =
    columns.length > 0
      ? [
          `Changed ${count(columns.length, 'detail')}: ${listed(
            columns.map((label) => shorten(label, 60)),
            40,
          )}.`,
        ]
      : []
  const added =
    plan.inserts.length > 0 ? [`Added ${count(plan.inserts.length, 'school')} to Register’s list of DTTP schools.`] : []
  const jobs = plan.effects.filter(({ kind }) => kind === 'enqueue' || kind === 'retry').length
  return [...names, ...added, ...(jobs > 0 ? [`Started ${count(jobs, 'job')}.`] : [])].join('\n')
}
