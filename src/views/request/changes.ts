import { isWarning } from '../../contract/check.ts'
import { checksOf } from '../../contract/stored.ts'
import type { ChangeRequest, Status } from '../../entities/chatops/change-request.ts'
import { NO_SCHOOLS, type SchoolNames } from '../../register/schools/schools.ts'
import { count } from '../../words.ts'
import {
  type Block,
  type BlockGroup,
  divider,
  heading,
  linkableSections,
  type Modal,
  modalTitle,
  note,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { plain, shorten } from '../kit/text.ts'
import { isShortened, renderChangeRows } from './change-rows.ts'
import { describeEffects } from './effects.ts'
import { renderChecked } from './outcome.ts'
import { byWhom, crName, findPlan, typedIn, whyNoDetails } from './request.ts'
import { linked, type Speaking, sayingOf } from './saying.ts'
import { describeChanges } from './values.ts'

const MOST_OF_A_VALUE = 900

/**
 * What a request changed, will change or would have changed, for whoever asks: the card of a request that is over says
 * only how things are. Never holds a personal value.
 */
export function renderWhatChanged(
  changeRequest: ChangeRequest,
  playbook: Speaking,
  registerUrl: string,
  schools: SchoolNames = NO_SCHOOLS,
): Modal {
  const plan = findPlan(changeRequest)
  const saying = sayingOf(changeRequest, playbook)
  const changes = plan ? describeChanges(plan, { reveal: false, schools }) : []
  const isMade = changeRequest.executedAt !== null
  const described = (plan ? describeEffects(plan) : []).filter(({ byHand }) => !(byHand && isMade)) // the card has those
  const effects = described.map(({ title }) => group(title))
  const headings = headingsFor(changeRequest)
  const cut = changes.some((change) => isShortened(change, MOST_OF_A_VALUE))
  return {
    type: 'modal',
    title: modalTitle(`${crName(changeRequest)}: changes`, 'Changes'),
    close: plain('Close'),
    blocks: [
      section(saying ? `Asked: ${linked(saying.asks, changeRequest, registerUrl)}.` : whyNoDetails(changeRequest)),
      section(peopleOf(changeRequest)),
      ...typedWords(changeRequest),
      ...renderChecked(changeRequest),
      ...(changes.length > 0 ? [divider(), heading(headings.changes)] : []),
      ...bounded(renderChangeRows(changes, MOST_OF_A_VALUE), { blocks: 34, weight: 30_000 }),
      ...(cut ? [note('Long values are shortened.')] : []),
      ...(effects.length > 0 ? [divider(), heading(changes.length > 0 ? headings.also : headings.happens)] : []),
      ...bounded(effects, { blocks: 20, weight: 6_000 }),
      ...(plan ? renderWarnings(changeRequest) : []),
    ],
  }
}

type Headings = { changes: string; happens: string; also: string }

const WILL: Headings = { changes: 'What will change', happens: 'What will happen', also: 'What else will happen' }
const DID: Headings = { changes: 'What changed', happens: 'What was approved', also: 'What else was approved' }
const WOULD_HAVE: Headings = {
  changes: 'What would have changed',
  happens: 'What would have happened',
  also: 'What else would have happened',
}

const HEADINGS: Readonly<Partial<Record<Status, Headings>>> = { pending: WILL, approved: WILL }

function headingsFor({ status, executedAt }: ChangeRequest): Headings {
  return executedAt === null ? (HEADINGS[status] ?? WOULD_HAVE) : DID
}

function peopleOf({ requester, sentAt, createdAt, decidedBy, decidedAt, status, outcome }: ChangeRequest): string {
  const asked = `Asked for by ${byWhom(requester, sentAt ?? createdAt)}.`
  if (decidedBy === null || status === 'rejected') return asked
  const undone = outcome.undoneBy ? `\nUndone by CR-${outcome.undoneBy}.` : ''
  return `${asked}\nApproved by ${byWhom(decidedBy, decidedAt)}.${undone}`
}

/** The reason and the ticket, each on one line in quotes, so that neither can pass for another part of what is shown. */
export function typedWords(changeRequest: ChangeRequest): Block[] {
  const [reason, ticket] = [typedIn(changeRequest, 'reason'), typedIn(changeRequest, 'ticket')]
  return [
    ...plainSections(reason && shorten(`Reason: ${onOneLine(reason)}`, 2500)),
    ...plainSections(ticket && shorten(`Support ticket: ${onOneLine(ticket)}`, 1000)),
  ]
}

function renderWarnings(changeRequest: ChangeRequest): Block[] {
  const checks = checksOf(changeRequest)
  const warnings = checks.filter(isWarning)
  const held = checks.filter(({ verdict }) => verdict === 'holds').length
  const groups = warnings.map(({ found }) => group(`Warning: ${found}`))
  return [
    divider(),
    note(`${count(warnings.length, 'warning')} before it was sent. ${count(held, 'check')} held.`),
    ...bounded(groups, { blocks: 15, weight: 6_000 }),
  ]
}

function group(words: string): BlockGroup {
  return { blocks: linkableSections(shorten(words, 600)), shows: 1 }
}

function bounded(groups: readonly BlockGroup[], room: { blocks: number; weight: number }): Block[] {
  const { blocks, left } = takeWithin(groups, room)
  return left > 0 ? [...blocks, note(`And ${left.toLocaleString('en-GB')} more.`)] : blocks
}
