import { formatDateTime } from '../../calendar/london.ts'
import type { EffectOf } from '../../contract/effect.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import type { Advice, ChangeRequest } from '../../entities/chatops/change-request.ts'
import { columnLabel } from '../../register/columns.ts'
import { count, listed } from '../../words.ts'
import { copyable, heading, type Message, plainSections, section } from '../kit/blocks.ts'
import { escapeText, mention, shorten } from '../kit/text.ts'
import { byWhom, crName, findPlan, STATUS_WORDS, whyNoDetails } from './request.ts'
import { columnsOf } from './values.ts'

/** What was done, by whom and when, with the ledger's hash in full. Names columns, never values. */
export function renderReceipt({
  changeRequest,
  playbook,
  ledgerHash,
}: {
  changeRequest: ChangeRequest
  playbook: Pick<AnyPlaybook, 'title'>
  ledgerHash: string
}): Message {
  const { requester, sentAt, createdAt, decidedBy, decidedAt, executedAt } = changeRequest
  const about = `Receipt for ${crName(changeRequest)}: ${playbook.title}`
  const people = [
    `Asked for by ${byWhom(requester, sentAt ?? createdAt)}.`,
    `Approved by ${byWhom(decidedBy, decidedAt)}.`,
    ...(executedAt ? [`Made on ${formatDateTime(executedAt)}.`] : []),
    `Ledger record: \`${ledgerHash.replace(/[^\w-]/g, '')}\``,
  ]
  return {
    text: escapeText(about),
    blocks: [heading(about), section(people.join('\n')), ...plainSections(changedColumns(changeRequest))],
  }
}

/** What people do next, with the message ready to copy. */
export function renderAdvice({ lead, message }: Advice): Message {
  return { text: escapeText(lead), blocks: [...plainSections(lead), ...(message ? copyable(message) : [])] }
}

/** Something only people can do, with its words ready to copy. */
export function renderManualStep({ title, text }: EffectOf<'manual-step'>): Message {
  return {
    text: `To do by hand: ${escapeText(title)}`,
    blocks: [heading('To do by hand'), ...plainSections(title), ...copyable(text)],
  }
}

/** One line that tells the requester what has become of their request. */
export function renderNotice({ changeRequest }: { changeRequest: ChangeRequest }): Message {
  const text = `${mention(changeRequest.requester)} ${crName(changeRequest)} ${noticeFor(changeRequest)}`
  return { text, blocks: [section(text)] }
}

function noticeFor({ status, decidedBy, executedAt }: ChangeRequest): string {
  switch (status) {
    case 'done':
      return 'is done. The receipt is in this thread.'
    case 'rejected':
      return `was rejected by ${mention(decidedBy)}. Nothing has changed. The reason is on the request above.`
    case 'expired':
      return 'has expired. Nothing has changed. Select “Preview again” on the request above to ask for it anew.'
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
          `Changed ${count(columns.length, 'column')}: ${listed(
            columns.map((label) => shorten(label, 60)),
            40,
          )}.`,
        ]
      : []
  const added = plan.inserts.length > 0 ? [`Added ${count(plan.inserts.length, 'DTTP school row')}.`] : []
  const jobs = plan.effects.filter(({ kind }) => kind === 'enqueue' || kind === 'retry').length
  return [...names, ...added, ...(jobs > 0 ? [`Started ${count(jobs, 'job')}.`] : [])].join('\n')
}
