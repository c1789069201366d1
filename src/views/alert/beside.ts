import type { AlertSight, Group } from '../../alerts/sight/sight.ts'
import { formatDateTime } from '../../calendar/london.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { type Block, section } from '../kit/blocks.ts'
import { uncapitalise } from '../kit/labels.ts'
import { inert, linkTo, mention } from '../kit/text.ts'
import { crName, STATUS_WORDS } from '../request/request.ts'

// What people do already about what a post is about; it stands in the place of the button that would start it again.

const MOST = 5

/** A line for each request that is not over, and for each person who waits for the school. */
export function renderBeside(sight: AlertSight): Block[] {
  const { requests, waits } = sight
  const lines = [
    ...requests.slice(0, MOST).map((request) => requestWords(sight, request)),
    ...waits.slice(0, MOST).map(waitWords),
  ]
  const left = requests.length + waits.length - lines.length
  return lines.length > 0 ? [section([...lines, ...(left > 0 ? [`And ${left} more.`] : [])].join('\n'))] : []
}

function requestWords(sight: AlertSight, request: ChangeRequest): string {
  const stands = `asked for by ${mention(request.requester)}, ${STATUS_WORDS[request.status]}`
  if (dealsWithIt(sight, request)) return `*${crName(request)}* deals with it: ${stands}.`
  const title = uncapitalise(findPlaybook(request.playbook)?.title ?? request.playbook)
  const about = request.traineeId === null ? '' : ` for trainee ${request.traineeId.replace(/\D/g, '')}`
  const then =
    sight.diagnosis.offer?.per === 'alert'
      ? 'This can be asked for all the same: the trainee is left out until that is over.'
      : 'It must be over before this can be asked for.'
  return `*${crName(request)}* does something else${about} (${inert(title)}): ${stands}. ${then}`
}

/** Whether a request does what the post offers, for its school or for one of its trainees. */
function dealsWithIt({ diagnosis, groups }: AlertSight, { playbook }: ChangeRequest): boolean {
  return [diagnosis, ...groups].some(({ offer }) => offer?.playbook === playbook)
}

/** Mrkdwn: who waits until DTTP has a school, since when, and the card that asks for it. */
export function waitWords({ requester, askedAt, cardUrl, urn }: SchoolWait): string {
  const since = askedAt ? `, since ${formatDateTime(askedAt)}` : ''
  const card = cardUrl ? ` ${linkTo(cardUrl, 'The Trello card')}.` : ''
  return `${mention(requester)} waits until DTTP has school ${urn.replace(/\D/g, '')}${since}.${card}`
}

/** Whether a request does what is offered for the whole alert: its school is repaired, whatever the form began with. */
export function isForAlert(sight: AlertSight): boolean {
  return sight.diagnosis.offer?.per === 'alert' && sight.requests.some((request) => dealsWithIt(sight, request))
}

/** Whether a request that does for this trainee what the post offers is under way. */
export function isDoneFor(sight: AlertSight, group: Group): boolean {
  const requests = sight.requests.filter((request) => dealsWithIt(sight, request))
  return isForTrainee({ ...sight, requests }, group)
}

/** Whether any request for this trainee is under way: there can be only one. */
export function isForTrainee({ requests }: AlertSight, { trainee }: Group): boolean {
  return trainee !== null && requests.some(({ subjects }) => subjects.includes(`trainees:${trainee.id}`))
}
