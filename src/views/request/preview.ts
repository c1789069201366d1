import type { AlertSight } from '../../alerts/sight/sight.ts'
import { type CheckResult, isWarning, stands } from '../../contract/check.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { checksOf } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { NO_SCHOOLS, type SchoolNames } from '../../register/schools/schools.ts'
import { count } from '../../words.ts'
import {
  actions,
  type Block,
  type BlockGroup,
  button,
  divider,
  header,
  heading,
  linkableSections,
  type Modal,
  modalTitle,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { ACTIONS, MODALS } from '../kit/ids.ts'
import { plain, shorten } from '../kit/text.ts'
import { isShortened, renderChangeRows } from './change-rows.ts'
import { renderEffects } from './effect-blocks.ts'
import { crName, findPlan, traineeLink, typedIn, whatItIsAbout, whyNoDetails } from './request.ts'
import { linked, type Speaking, sayingOf } from './saying.ts'
import { describeChanges } from './values.ts'
import { loudestFirst, renderVerdicts } from './verdicts.ts'

type Playbook = Pick<AnyPlaybook, 'title'>

const MOST_OF_A_VALUE = 900
const REVIEW_SHOWS = 'The person who reviews the request sees all of it.'

const ASK = 'Select “Ask for approval” if the changes below are right. A developer must approve them.'
const PREVIEW_ONLY = 'This bot shows previews only: it cannot be sent, and none of the changes below are made.'

/** Shown at once on submit, while the checks run. */
export function renderChecking(playbook: Playbook | null): Modal {
  return modal(playbook ?? { title: 'Preview' }, [
    section('Checking… This usually takes a few seconds. Nothing has changed.'),
  ])
}

/** What the checks found and exactly what would change, for the person who asks. Never holds a personal value. */
export function renderPreview({
  changeRequest,
  playbook,
  registerUrl,
  isSendable = true,
  alerts = [],
  schools = NO_SCHOOLS,
}: {
  changeRequest: ChangeRequest
  playbook: Speaking
  registerUrl: string
  isSendable?: boolean
  /** The open alerts about the trainee. */
  alerts?: readonly AlertSight[]
  schools?: SchoolNames
}): Modal {
  const plan = findPlan(changeRequest)
  if (!plan) return modal(playbook, plainSections(`${whyNoDetails(changeRequest)} Start again to see a new preview.`))
  const saying = sayingOf(changeRequest, playbook)
  const subject = whatItIsAbout(changeRequest, registerUrl)
  const whatItIs = saying ? `: ${linked(saying.asks, changeRequest, registerUrl)}` : subject ? ` for ${subject}` : ''
  const changes = describeChanges(plan, { reveal: false, schools })
  const cut = changes.some((change) => isShortened(change, MOST_OF_A_VALUE))
  const checks = checksOf(changeRequest)
  const warnings = checks.filter(isWarning).length + alerts.filter((alert) => !isMeant(alert, changeRequest)).length
  const sendable = isSendable && changeRequest.status === 'unsent'
  const blocks = [
    header(warnings > 0 ? `Read ${count(warnings, 'warning')} first` : 'Nothing stands in the way'),
    ...firstWords(
      changeRequest,
      `Not sent yet. Nothing has changed.\nThis is ${crName(changeRequest)}${whatItIs}. ${isSendable ? ASK : PREVIEW_ONLY}`,
    ),
    ...plainSections(typedIn(changeRequest, 'reason') && `Reason: ${onOneLine(typedIn(changeRequest, 'reason'))}`),
    ...plainSections(
      typedIn(changeRequest, 'ticket') && `Support ticket: ${onOneLine(typedIn(changeRequest, 'ticket'))}`,
    ),
    ...alerts.flatMap((alert) => linkableSections(alertWords(alert, changeRequest))),
    ...bounded(renderVerdicts(checks.filter(isWarning)), { blocks: 20, weight: 6_000 }),
    divider(),
    ...(changes.length > 0 ? [heading('What would change')] : []),
    ...bounded(renderChangeRows(changes, MOST_OF_A_VALUE), { blocks: 32, weight: 16_000 }),
    ...(cut ? [section(`Long values are shortened here. ${REVIEW_SHOWS}`)] : []),
    ...also(renderEffects(plan, null), changes.length > 0 ? 'What else happens' : 'What would happen'),
    ...renderQuiet(checks),
  ]
  return {
    ...modal(playbook, blocks),
    callback_id: MODALS.preview,
    private_metadata: JSON.stringify({ changeRequest: changeRequest.id, digest: changeRequest.digest }),
    ...(sendable ? { submit: plain('Ask for approval') } : {}),
  }
}

/** What needs nobody's eye comes last: the checks that hold, and those that did not have to look. */
function renderQuiet(checks: readonly CheckResult[]): Block[] {
  const quiet = checks.filter((check) => !isWarning(check))
  if (quiet.length === 0) return []
  return [
    divider(),
    heading('What else the checks found'),
    ...bounded(renderVerdicts(quiet), { blocks: 22, weight: 6_000 }),
  ]
}

/** Where the request stands; as long as it is not sent, with the way back to its form. */
function firstWords({ id, status }: ChangeRequest, words: string): Block[] {
  if (status !== 'unsent') return [section(words)]
  return [{ ...section(words), accessory: button('Change answers', ACTIONS.changeAnswers, id) }]
}

/** Whether an alert offers this very change, which is what the request is for then; any other is a warning. */
function isMeant({ diagnosis }: AlertSight, { playbook }: ChangeRequest): boolean {
  return diagnosis.offer?.playbook === playbook
}

function alertWords(alert: AlertSight, request: ChangeRequest): string {
  const { traineeId } = request
  const title = shorten(alert.diagnosis.title, 200)
  if (isMeant(alert, request)) return `This is about the alert “${title}”.`
  const whose = traineeId === null ? '' : ' for this trainee'
  return `⚠️ Warning: an alert is open${whose}: “${title}”. Look at it first: this change may not be what is needed.`
}

/** What stands in the way and what to do instead; there is nothing to ask for. */
export function renderBlocked({
  playbook,
  checks,
  trainee = null,
  registerUrl = null,
}: {
  playbook: Playbook
  checks: readonly CheckResult[]
  trainee?: { id: string; slug: string } | null
  registerUrl?: string | null
}): Modal {
  const blocking = checks.filter(stands)
  const unknown = blocking.some(({ verdict }) => verdict === 'unchecked')
  const others = checks.filter((check) => !blocking.includes(check))
  const about = trainee && traineeLink({ traineeId: trainee.id, traineeSlug: trainee.slug }, registerUrl)
  const whose = about ? ` This is about ${about}.` : ''
  return modal(playbook, [
    header('You cannot ask for this change'),
    ...bounded(renderVerdicts(blocking), { blocks: 40, weight: 16_000 }),
    section(`Nothing has changed.${whose}${unknown ? ' Try again in a few minutes.' : ''}`),
    ...(others.length > 0 ? [divider(), heading('Other checks')] : []),
    ...bounded(renderVerdicts(others), { blocks: 40, weight: 16_000 }),
  ])
}

/** Below what came of other answers to a request that is not sent: it is as it was before, and what can be done about it. */
export function renderKept({ id }: Pick<ChangeRequest, 'id'>): Block[] {
  return [
    divider(),
    section(`${crName({ id })} is kept with the answers that it had before. It is not sent yet.`),
    actions([
      button('Change answers', ACTIONS.changeAnswers, id),
      button('Discard', ACTIONS.discardUnsent, id, { accessibility_label: `Discard ${crName({ id })}` }),
    ]),
  ]
}

/** Shown if the record is already as the change would make it. */
export function renderNothingToDo({ playbook, checks }: { playbook: Playbook; checks: readonly CheckResult[] }): Modal {
  return modal(playbook, [
    header('There is nothing to do'),
    section(
      'The record already is as this change would leave it. Nothing has changed, and there is nothing to approve.',
    ),
    ...(checks.length > 0 ? [divider()] : []),
    ...bounded(renderVerdicts(loudestFirst(checks)), { blocks: 60, weight: 24_000 }),
  ])
}

function modal({ title }: Playbook, blocks: Block[]): Modal {
  return { type: 'modal', title: modalTitle(title, 'Preview'), close: plain('Close'), blocks }
}

function also(effects: readonly BlockGroup[], title: string): Block[] {
  if (effects.length === 0) return []
  return [divider(), heading(title), ...bounded(effects, { blocks: 20, weight: 9000 })]
}

function bounded(groups: readonly BlockGroup[], room: { blocks: number; weight: number }): Block[] {
  const { blocks, left } = takeWithin(groups, { ...room, blocks: room.blocks - 1 })
  return left > 0 ? [...blocks, section(`And ${left.toLocaleString('en-GB')} more. ${REVIEW_SHOWS}`)] : blocks
}
