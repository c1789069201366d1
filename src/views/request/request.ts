import { formatDateTime } from '../../calendar/london.ts'
import { needsAttention } from '../../changes/attention.ts'
import type { Plan } from '../../contract/plan.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { formOf, isReadable, planOf } from '../../contract/stored.ts'
import { readSubject } from '../../contract/subject.ts'
import type { ChangeRequest, Status } from '../../entities/chatops/change-request.ts'
import { escapeText, mention } from '../kit/text.ts'

/** How people call a request. */
export function crName({ id }: Pick<ChangeRequest, 'id'>): string {
  return `CR-${id}`
}

/** Where a request stands, in a word or two. */
export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  unsent: 'not sent yet',
  pending: 'waiting for approval',
  approved: 'approved',
  verifying: 'checking the result',
  done: 'done',
  rejected: 'rejected',
  cancelled: 'cancelled',
  expired: 'expired',
  stale: 'out of date',
  failed: 'could not be done',
  'needs-attention': 'needs attention',
}

/** The same for a request as it is by now: it may be undone, and what needed attention may be dealt with. */
export function standingOf(request: ChangeRequest): string {
  const { undoneBy } = request.outcome
  if (undoneBy) return `undone by CR-${undoneBy}`
  const isDealtWith = request.status === 'needs-attention' && !needsAttention(request)
  return isDealtWith ? 'dealt with' : STATUS_WORDS[request.status]
}

/** What a purged request shows in place of its contents. */
const PURGED = 'The details of this request were removed after their retention time.'

/** What one shows that another version of the bot wrote, or somebody altered. */
const UNREADABLE = 'This version of the bot cannot read the details of this request. Ask for the change again.'

/** The plan kept with a request; null once the request is purged, or where it cannot be read. */
export function findPlan(request: Pick<ChangeRequest, 'plan' | 'checks'>): Plan | null {
  return request.plan !== null && isReadable(request) ? planOf(request) : null
}

/** What a request without a plan shows in place of its contents. */
export function whyNoDetails({ plan }: Pick<ChangeRequest, 'plan'>): string {
  return plan === null ? PURGED : UNREADABLE
}

/** What was typed into a field; empty if nothing was, or once the request is purged. */
export function typedIn({ form }: Pick<ChangeRequest, 'form'>, field: string): string {
  return (form && formOf(form)[field]) ?? ''
}

type OfTrainee = Pick<ChangeRequest, 'traineeId' | 'traineeSlug'>

/** The trainee's page in Register; null where it is not known. */
export function traineeUrl({ traineeId, traineeSlug: slug }: OfTrainee, registerUrl: string): string | null {
  return traineeId !== null && slug !== null && /^[\w-]+$/.test(slug) ? `${registerUrl}/trainees/${slug}` : null
}

/** Mrkdwn: the trainee by number, as a link where we can make one; null without a trainee. */
export function traineeLink(request: OfTrainee, registerUrl: string | null): string | null {
  if (request.traineeId === null) return null
  const url = registerUrl === null ? null : traineeUrl(request, registerUrl)
  const words = `trainee ${request.traineeId.replace(/\D/g, '')}`
  return url === null ? words : `<${url}|${words}>`
}

/** Mrkdwn: the trainee a request is about, or else the school by its URN; null where it is about neither. */
export function whatItIsAbout(
  request: OfTrainee & Pick<ChangeRequest, 'form'>,
  registerUrl: string | null,
): string | null {
  const { kind, id } = readSubject(typedIn(request, 'subject'))
  return traineeLink(request, registerUrl) ?? (kind === 'urn' ? `URN ${id}` : null)
}

/** Mrkdwn: "<@U…> on 27 October 2021 at 2:14pm". */
export function byWhom(who: string | null, when: Date | null): string {
  return when ? `${mention(who)} on ${formatDateTime(when)}` : mention(who)
}

/** The playbook's title, or its name if it is no longer in the list. */
function titleOf({ playbook }: Pick<ChangeRequest, 'playbook'>, playbooks: readonly AnyPlaybook[]): string {
  return playbooks.find(({ name }) => name === playbook)?.title ?? playbook
}

/** Mrkdwn: one line that names a request, what it does, to whom, and where it stands. */
export function requestLine(
  request: ChangeRequest,
  playbooks: readonly AnyPlaybook[],
  registerUrl: string | null,
): string {
  const subject = whatItIsAbout(request, registerUrl)
  const what = `${escapeText(titleOf(request, playbooks))}${subject ? ` for ${subject}` : ''}`
  return `*${crName(request)}* ${what}\n${mention(request.requester)}, ${sinceWhen(request)}`
}

function sinceWhen(request: ChangeRequest): string {
  const { status, expiresAt, executedAt, dealtAt, finishedAt, sentAt, createdAt, outcome } = request
  if (status === 'pending' && expiresAt) return `${STATUS_WORDS.pending} until ${formatDateTime(expiresAt)}`
  if (outcome.undoneBy && executedAt) return `carried out ${formatDateTime(executedAt)}, ${standingOf(request)}`
  return `${standingOf(request)}, ${formatDateTime(dealtAt ?? finishedAt ?? sentAt ?? createdAt)}`
}
