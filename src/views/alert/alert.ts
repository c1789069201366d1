import { LONG_WAIT_DAYS } from '../../alerts/sight/beside.ts'
import type { AlertSight } from '../../alerts/sight/sight.ts'
import { formatDateTime } from '../../calendar/london.ts'
import { jobOf } from '../../failures/causes.ts'
import { registerNamesOf } from '../../register/jobs/words.ts'
import {
  actions,
  type Block,
  button,
  header,
  type Message,
  plainNote,
  plainSections,
  section,
  smallPrint,
} from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { ACTIONS } from '../kit/ids.ts'
import { escapeText, inert, mention, shorten } from '../kit/text.ts'
import { byWhom, crName } from '../request/request.ts'
import { isDoneFor, isForAlert, renderBeside } from './beside.ts'
import { isLeftUndone, isOvertaken, settledWords, statusWords } from './findings.ts'
import { type Places, recordPage, startButton, viewButton } from './links.ts'
import { entriesOf, renderMany, renderOne, renderParticulars, wordsInCommon } from './rows.ts'

/**
 * The one post about a cause, for whatever state it is in: what happened and what to do in plain words first, job names,
 * codes and ids last and small. Holds no personal value, and stays within 50 blocks and 12,000 characters however many
 * trainees there are.
 */
export function renderAlert(sight: AlertSight, places: Places): Message {
  const prefix = isOvertaken(sight) ? OVERTAKEN : PREFIX[sight.alert.status]
  const title = `${prefix}${sight.diagnosis.title}`
  return {
    text: escapeText(shorten(title, 200)),
    blocks: [
      header(title),
      ...renderEnd(sight),
      ...renderSchool(sight),
      ...(sight.all === 1 ? renderOne(sight, places) : renderMany(sight, places)),
      ...renderAdvice(sight),
      ...renderBeside(sight),
      ...renderButtons(sight, places),
      ...renderSmall(sight, places),
    ],
  }
}

const PREFIX = { open: '⚠️ ', resolved: '✅ Resolved: ', dismissed: '🔕 Dismissed: ' } as const
const OVERTAKEN = '⏩ Goes on in a later post: '

/** How it ended, if it has. */
function renderEnd(sight: AlertSight): Block[] {
  const { status, closedAt, dismissedBy, dismissReason } = sight.alert
  if (status === 'open') return []
  if (status === 'dismissed') {
    return [
      section(`Dismissed by ${byWhom(dismissedBy, closedAt)}.`),
      ...plainSections(dismissReason ? shorten(`Why: ${onOneLine(dismissReason)}`, 2500) : ''),
    ]
  }
  const because = { ...sight.found?.because }
  const reasons = [...new Set(entriesOf(sight).map((entry) => settledWords(entry, because)))].filter(Boolean).join(' ')
  const when = closedAt ? ` on ${formatDateTime(closedAt)}` : ''
  const isLeft = entriesOf(sight).some((entry) => isLeftUndone(entry, because))
  return [
    section(`${isOvertaken(sight) ? 'Over' : resolvedBy(sight)}${when}.`),
    ...plainSections(shorten(reasons, 1500)),
    ...(isLeft
      ? [section('A job that had failed has not run since. Ask a developer to run it again if it is still needed.')]
      : []),
  ]
}

/** "Resolved by CR-21 (asked for by @requester, approved by @approver)". */
function resolvedBy({ resolvedBy: requests }: AlertSight): string {
  if (requests.length === 0) return 'Resolved by itself'
  const names = requests.slice(-3).map((request) => {
    const people = `asked for by ${mention(request.requester)}, approved by ${mention(request.decidedBy)}`
    return `${crName(request)} (${people})`
  })
  return `Resolved by ${names.join(' and ')}`
}

function renderSchool({ alert, urn, school, found, diagnosis }: AlertSight): Block[] {
  if (urn === null || alert.status !== 'open') return []
  const is = found?.statuses ? ` is ${statusWords(found.statuses)}. ` : school ? `: URN ${urn}. ` : null
  const known = is === null ? '' : `${school ?? 'It'}${is}`
  const gias = /^\d{1,10}$/.test(urn) ? `<${GIAS}/${urn}|Look at it at GIAS>.` : ''
  return [...plainSections(diagnosis.meaning), ...(known || gias ? [section(`${inert(known)}${gias}`)] : [])]
}

const GIAS = 'https://get-information-schools.service.gov.uk/Establishments/Establishment/Details'

/** What to do, unless somebody does it already. */
export function renderAdvice(sight: AlertSight): Block[] {
  if (sight.alert.status !== 'open' || isDealtWith(sight)) return []
  if (sight.waits.length === 0) return plainSections(sight.diagnosis.todo)
  const told = 'Whoever waits is told when the school is there.'
  if (!isLongWaitedFor(sight)) return plainSections(told)
  const long = `That has been so for more than ${LONG_WAIT_DAYS} days: ask whether support will add the school.`
  return plainSections([told, long, sight.diagnosis.todo].join(' '))
}

/** Whether somebody has asked for what is offered. */
function isDealtWith(sight: AlertSight): boolean {
  const [one] = sight.groups
  return isForAlert(sight) || (sight.all === 1 && one !== undefined && isDoneFor(sight, one))
}

/** As of the last look. */
function isLongWaitedFor({ waits, found }: AlertSight): boolean {
  const before = Date.parse(found?.at ?? '') - LONG_WAIT_DAYS * 24 * 60 * 60_000
  return waits.every(({ askedAt }) => askedAt !== null && askedAt.getTime() < before)
}

function renderButtons(sight: AlertSight, places: Places): Block[] {
  const { alert, diagnosis, groups } = sight
  const one = sight.all === 1 ? groups[0] : undefined
  const isOpen = alert.status === 'open'
  const forAll =
    isOpen && diagnosis.offer?.per === 'alert' && !isForAlert(sight)
      ? button(diagnosis.offer.label, ACTIONS.startFromAlert, `${alert.id}:`, { style: 'primary' })
      : null
  const record = one?.trainee ? recordPage(one.trainee.dttpId, places.dttpUrl) : null
  const buttons = [
    forAll ?? (one ? startButton(sight, one) : null),
    one ? viewButton(one, places) : null,
    record ? button('View DTTP record', ACTIONS.viewInDttp, alert.id, { url: record }) : null,
    isOpen ? button('Dismiss', ACTIONS.openDismissal, alert.id) : null,
  ].filter((element) => element !== null)
  return buttons.length > 0 ? [actions(buttons)] : []
}

/** Register's names for the jobs; what nobody polls for has none. */
function namesOf(sight: AlertSight): string {
  const jobs = entriesOf(sight).flatMap((entry) => (entry.failure.code === 'not-polled' ? [] : [jobOf(entry)]))
  return registerNamesOf(jobs)
}

/** Register's own words, which job failed and when, and which playbook applies. */
function renderSmall(sight: AlertSight, places: Places): Block[] {
  const words = shorten(wordsInCommon(sight).join(' '), 1500)
  const why = sight.alert.status === 'open' && !isDealtWith(sight) ? sight.diagnosis.why : null
  return [
    ...(words ? [plainNote(words)] : []),
    ...(sight.all === 1 ? renderParticulars(sight, places) : smallPrint(namesOf(sight))),
    ...(why ? [plainNote(why)] : []),
  ]
}
