import type { AlertSight, SeenEntry } from '../../alerts/sight.ts'
import { formatDateTime } from '../../calendar/london.ts'
import { actions, type Block, button, header, type Message, plainSections, section } from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { ACTIONS } from '../kit/ids.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { byWhom } from '../request/request.ts'
import { settledWords, statusWords } from './findings.ts'
import { type Places, recordPage, startButton, viewButton } from './links.ts'
import { entriesOf, renderMany, renderOne, wordsInCommon } from './rows.ts'

/**
 * The one post about a cause, for whatever state it is in. Holds no personal value, and stays within 50 blocks and 12,000
 * characters however many trainees there are.
 */
export function renderAlert(sight: AlertSight, places: Places): Message {
  const title = `${PREFIX[sight.alert.status]}${sight.diagnosis.title}`
  return {
    text: escapeText(shorten(title, 200)),
    blocks: [
      header(title),
      ...renderEnd(sight),
      ...plainSections(shorten(wordsInCommon(sight).join(' '), 1500)),
      ...renderSchool(sight),
      ...(sight.all === 1 ? renderOne(sight, places) : renderMany(sight, places)),
      ...renderAdvice(sight),
      ...renderButtons(sight, places),
    ],
  }
}

const PREFIX = { open: '⚠️ ', resolved: '✅ Resolved: ', dismissed: '🔕 Dismissed: ' } as const

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
  const reasons = [...new Set(entriesOf(sight).map((entry) => settledWords(entry, { ...sight.found?.because })))]
  const when = closedAt ? ` on ${formatDateTime(closedAt)}` : ''
  const stillFailed = entriesOf(sight).some(isLeftUndone)
    ? [section('A job that had failed has not run since. Ask a developer to run it again if it is still needed.')]
    : []
  return [section(`Resolved by itself${when}.`), ...plainSections(shorten(reasons.join(' '), 1500)), ...stillFailed]
}

/** Whether an entry's job was given up and its work is still to do. */
function isLeftUndone({ job, failure }: SeenEntry): boolean {
  return job?.status === 'failed' && failure.code !== 'timed-out' && failure.code !== 'outcome-unknown'
}

function renderSchool({ alert, urn, found, diagnosis }: AlertSight): Block[] {
  if (urn === null || alert.status !== 'open') return []
  const known = found?.statuses ? `It is ${statusWords(found.statuses)}. ` : ''
  const gias = /^\d{1,10}$/.test(urn) ? `<${GIAS}/${urn}|Look at it at GIAS>.` : ''
  return [...plainSections(diagnosis.meaning), ...(known || gias ? [section(`${escapeText(known)}${gias}`)] : [])]
}

const GIAS = 'https://get-information-schools.service.gov.uk/Establishments/Establishment/Details'

function renderAdvice({ alert, diagnosis }: AlertSight): Block[] {
  if (alert.status !== 'open') return []
  return plainSections([diagnosis.why, diagnosis.todo].filter(Boolean).join('\n'))
}

function renderButtons(sight: AlertSight, places: Places): Block[] {
  const { alert, diagnosis, groups } = sight
  const one = sight.all === 1 ? groups[0] : undefined
  const isOpen = alert.status === 'open'
  const forAll =
    isOpen && diagnosis.offer?.per === 'alert'
      ? button(diagnosis.offer.label, ACTIONS.startFromAlert, `${alert.id}:`, { style: 'primary' })
      : null
  const record = one?.trainee ? recordPage(one.trainee.dttpId, places.dttpUrl) : null
  const buttons = [
    forAll ?? (one ? startButton(sight, one) : null),
    one ? viewButton(one, places) : null,
    record ? button('DTTP record', ACTIONS.viewInDttp, alert.id, { url: record }) : null,
    isOpen ? button('Dismiss', ACTIONS.openDismissal, alert.id) : null,
  ].filter((element) => element !== null)
  return buttons.length > 0 ? [actions(buttons)] : []
}
