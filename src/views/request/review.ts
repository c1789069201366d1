import { formatDateTime } from '../../calendar/london.ts'
import { type CheckResult, isWarning } from '../../contract/check.ts'
import type { Field } from '../../contract/fields.ts'
import type { Plan } from '../../contract/plan.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { checksOf } from '../../contract/stored.ts'
import { readSubject } from '../../contract/subject.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { isPersonal } from '../../personal-data/columns.ts'
import { NO_SCHOOLS, type SchoolNames } from '../../register/schools/schools.ts'
import { count } from '../../words.ts'
import {
  actions,
  type Block,
  type BlockGroup,
  button,
  divider,
  heading,
  type Modal,
  modalTitle,
  note,
  plainSections,
  section,
  smallPrint,
} from '../kit/blocks.ts'
import { ACTIONS, INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { escapeText, plain } from '../kit/text.ts'
import { renderWholeChanges } from './change-rows.ts'
import { codesIn, renderEffects } from './effect-blocks.ts'
import { type KnownBeside, renderKnown } from './known.ts'
import { paginate } from './pages.ts'
import { byWhom, crName, findPlan, typedIn, whatItIsAbout, whyNoDetails } from './request.ts'
import { linked, sayingOf } from './saying.ts'
import { renderTicket } from './ticket.ts'
import { canBeUndone, undoWords } from './undoable.ts'
import { describeChanges } from './values.ts'
import { renderLoud, renderVerdicts } from './verdicts.ts'

type Playbook = Pick<AnyPlaybook, 'title' | 'form' | 'says'>

/** What an approver sees of changed personal columns: that they change, the same and an offer of the values, or all. */
type PersonalSight = 'hidden' | 'offered' | 'shown'

type Shown = {
  changeRequest: ChangeRequest
  playbook: Playbook
  registerUrl: string
  ticketUrl?: string | null
  personal: PersonalSight
  known?: KnownBeside
  /** What the schools are called that the plan names. */
  schools?: SchoolNames
  /** Whether the checks that hold are shown one by one, and texts that people copy. */
  isUnfolded?: boolean
  hasTexts?: boolean
}

/** At the end of a button's value: the page is shown with personal values, with every check, or with texts to copy. */
export const PERSONAL = 'personal'
export const CHECKS = 'checks'
export const TEXTS = 'texts'

/** The tick without which what cannot be undone is not approved. */
export const UNDERSTOOD = 'understood'

/**
 * Everything an approver approves, what matters most first, and nothing left out but what `personal` says, for that one
 * person; checks that hold and texts to copy are folded until asked for. Pages count from 1; a page beyond the last is the
 * last. Only the last page can be submitted.
 */
export function renderReview({ page = 1, ...given }: Shown & { page?: number }): {
  view: Modal
  page: number
  pages: number
} {
  const { changeRequest } = given
  const plan = findPlan(changeRequest)
  const wanted = Math.max(1, Math.trunc(page) || 1)
  const pages = plan ? paginate(contentOf(given, plan, wanted)) : [plainSections(whyNoDetails(changeRequest))]
  const shown = Math.min(wanted, pages.length)
  const cr = crName(changeRequest)
  const isLast = shown === pages.length
  const view: Modal = {
    type: 'modal',
    callback_id: MODALS.review,
    private_metadata: JSON.stringify({ changeRequest: changeRequest.id, digest: changeRequest.digest }),
    title: modalTitle(`Review ${cr}`, 'Review request'),
    close: plain('Close'),
    ...(isLast && plan ? { submit: plain('Approve') } : {}),
    blocks: [
      ...(pages.length > 1 ? [note(`${cr}: page ${shown} of ${pages.length}. You can approve on the last page.`)] : []),
      ...(pages[shown - 1] ?? []),
      ...(isLast && plan ? renderFold(given) : []),
      ...turning(given, shown, pages.length),
      ...(isLast && plan ? renderEnd(changeRequest, plan) : []),
    ],
  }
  return { view, page: shown, pages: pages.length }
}

/** Shown at once, while the request is read. */
export function renderOpeningReview(): Modal {
  return {
    type: 'modal',
    title: plain('Review request'),
    close: plain('Close'),
    blocks: [section('Opening the request…')],
  }
}

function contentOf(shown: Shown, plan: Plan, page: number): BlockGroup[] {
  const { changeRequest, registerUrl, personal, known, schools = NO_SCHOOLS, isUnfolded = false } = shown
  const changes = describeChanges(plan, { reveal: personal === 'shown', exact: true, schools })
  const unfoldsTexts = shown.hasTexts ? null : pageValue({ ...shown, hasTexts: true }, page)
  const effects = renderEffects(plan, { registerUrl, unfoldsTexts })
  const checks = checksOf(changeRequest)
  const { loud } = sorted(checks)
  return [
    ...one(section(`${whatItDoes(shown)} ${undoWords(plan)}`)),
    ...renderLoud(loud),
    ...(changes.length > 0 ? one(divider(), heading('What changes')) : []),
    ...renderWholeChanges(changes),
    ...one(...withheld(changeRequest.id, plan, personal)),
    ...(effects.length > 0 ? one(divider(), heading(changes.length > 0 ? 'What else happens' : 'What happens')) : []),
    ...effects,
    ...one(...smallPrint([codesIn(plan), rowWords(plan)].filter(Boolean).join(' '))),
    ...one(divider()),
    ...whoAndWhy(shown).flatMap((block) => one(block)),
    ...(known ? renderKnown(known).flatMap((block) => one(block)) : []),
    ...(isUnfolded ? [...one(divider(), heading('What the checks found')), ...renderVerdicts(checks)] : []),
  ]
}

/** What is said aloud is above everything; what holds, or did not have to be looked at, is folded. */
function sorted(checks: readonly CheckResult[]): { loud: CheckResult[]; quiet: CheckResult[] } {
  return { loud: checks.filter(isWarning), quiet: checks.filter((check) => !isWarning(check)) }
}

/** Mrkdwn: "Change trainee 5901 from … to …. This empties 12 course and funding details." */
function whatItDoes({ changeRequest, playbook, registerUrl }: Shown): string {
  const saying = sayingOf(changeRequest, playbook)
  const subject = whatItIsAbout(changeRequest, registerUrl)
  if (!saying) return `${escapeText(playbook.title)}${subject ? ` for ${subject}` : ''}.`
  const asks = `${saying.asks.charAt(0).toUpperCase()}${saying.asks.slice(1)}.`
  return [linked(asks, changeRequest, registerUrl), escapeText(saying.also)].filter(Boolean).join(' ')
}

/** Who asked and until when they wait, and every field as it was filled in, but for what the first sentence names. */
function whoAndWhy({ changeRequest, playbook, ticketUrl = null }: Shown): Block[] {
  const { requester, sentAt, createdAt, expiresAt } = changeRequest
  const fields: [string, Field<string>][] = Object.entries(playbook.form)
  const said = sayingOf(changeRequest, playbook)?.asks ?? ''
  const typed = fields.flatMap(([name, { label, input }]) => {
    const value = typedIn(changeRequest, name)
    if (value === '' || name === 'ticket') return []
    if (name === 'subject') return subjectWords(value, said)
    const option = input.type === 'select' ? input.options.find((offered) => offered.value === value) : undefined
    return option && said.includes(option.label) ? [] : [`${label}: ${option?.label ?? value}`]
  })
  const until = expiresAt ? ` It expires on ${formatDateTime(expiresAt)}.` : ''
  return [
    ...renderTicket(typedIn(changeRequest, 'ticket'), ticketUrl),
    ...typed.flatMap(plainSections),
    section(`Asked for by ${byWhom(requester, sentAt ?? createdAt)}.${until}`),
  ]
}

const SUBJECTS = { urn: 'URN of the school', job: 'Failed job', request: 'Request' } as const

/** What the first sentence does not name. */
function subjectWords(value: string, said: string): string[] {
  const { kind, id } = readSubject(value)
  return kind === 'trainee' || said.includes(kind === 'request' ? value : id)
    ? []
    : [`${SUBJECTS[kind]}: ${kind === 'request' ? value : id}`]
}

function one(...blocks: Block[]): BlockGroup[] {
  return [{ blocks, shows: 0 }]
}

/** Two rows of one school have the same name. */
function rowWords({ updates }: Plan): string {
  const rows = updates.flatMap(({ table, id }) => (table === 'dttp_schools' ? [id] : []))
  return rows.length > 0 ? `In Register’s list of DTTP schools: ${rows.map((id) => `row ${id}`).join(', ')}.` : ''
}

/** Says that values of personal columns are not shown, and offers them where they may be. */
function withheld(id: string, plan: Plan, personal: PersonalSight): Block[] {
  const isPersonalChanged = plan.updates.some(({ changes }) => Object.keys(changes).some(isPersonal))
  if (personal === 'shown' || !isPersonalChanged) return []
  if (personal === 'hidden') return [note('Personal details are not shown here. Register has them.')]
  return [actions([button('Show personal details (this is recorded)', ACTIONS.reviewPage, `${id}:1:${PERSONAL}`)])]
}

/** "14 checks hold"; the button that shows them stands below it. */
function renderFold(shown: Shown): Block[] {
  if (!hasFold(shown)) return []
  const { quiet } = sorted(checksOf(shown.changeRequest))
  const held = quiet.filter(({ verdict }) => verdict === 'holds').length
  const more = quiet.length > held ? `, ${quiet.length - held} not looked at` : ''
  return [section(`${count(held, 'check')} ${held === 1 ? 'holds' : 'hold'}${more}.`)]
}

function hasFold({ changeRequest, isUnfolded = false }: Shown): boolean {
  return !isUnfolded && sorted(checksOf(changeRequest)).quiet.length > 0
}

/** To other pages, a button a row; on the last page also to the checks, and to the question. */
function turning(shown: Shown, page: number, pages: number): Block[] {
  const turns = [
    ...(page > 1 ? [button('Previous page', ACTIONS.reviewPage, pageValue(shown, page - 1))] : []),
    ...(page < pages ? [button('Next page', ACTIONS.reviewPage, pageValue(shown, page + 1))] : []),
  ]
  const checks = button('Show checks', ACTIONS.reviewPage, pageValue({ ...shown, isUnfolded: true }, page))
  const question = button('Ask a question', ACTIONS.openQuestion, shown.changeRequest.id)
  const rows = [
    ...turns.map((one) => [one]),
    ...(page === pages ? [[...(findPlan(shown.changeRequest) && hasFold(shown) ? [checks] : []), question]] : []),
  ]
  return rows.map(actions)
}

function pageValue({ changeRequest, personal, isUnfolded, hasTexts }: Shown, page: number): string {
  const also = [
    ...(personal === 'shown' ? [PERSONAL] : []),
    ...(isUnfolded ? [CHECKS] : []),
    ...(hasTexts ? [TEXTS] : []),
  ]
  return [changeRequest.id, page, ...also].join(':')
}

/** What submitting means, and the tick where there is no way back. */
function renderEnd({ id }: ChangeRequest, plan: Plan): Block[] {
  const once = note('If you select “Approve”, exactly these changes are made, once, in your name.')
  if (canBeUndone(plan)) return [once]
  const option = { text: plain(`I have checked CR-${id}, and know that it cannot be undone`), value: UNDERSTOOD }
  return [
    {
      type: 'input',
      block_id: UNDERSTOOD,
      label: plain('Before you approve'),
      element: { type: 'checkboxes', action_id: INPUT_ACTION, options: [option] },
    },
    once,
  ]
}
