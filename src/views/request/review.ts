import { formatDateTime } from '../../calendar/london.ts'
import type { Field } from '../../contract/fields.ts'
import type { Plan } from '../../contract/plan.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { checksOf } from '../../contract/stored.ts'
import { readSubject } from '../../contract/subject.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { isPersonal } from '../../personal-data/columns.ts'
import {
  actions,
  type Block,
  button,
  divider,
  type Group,
  header,
  heading,
  LIMITS,
  type Modal,
  modalTitle,
  note,
  plainSections,
  section,
  weigh,
} from '../kit/blocks.ts'
import { ACTIONS, INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'
import { renderWholeChanges } from './change-rows.ts'
import { renderEffects } from './effects.ts'
import { byWhom, crName, findPlan, subjectOf, typedIn, whyNoDetails } from './request.ts'
import { describeChanges } from './values.ts'
import { renderVerdicts } from './verdicts.ts'

/** Room on a page beside its heading and its buttons; JSON of this length stays below 250 KB whatever the alphabet. */
const PAGE = { blocks: LIMITS.viewBlocks - 4, weight: 36_000 }

type Playbook = Pick<AnyPlaybook, 'title' | 'form'>

/** What an approver sees of changed personal columns: that they change, the same and an offer of the values, or all. */
export type PersonalSight = 'hidden' | 'offered' | 'shown'

/**
 * Everything an approver approves and nothing left out but what `personal` says, for that one person. Pages count
 * from 1; a page beyond the last is the last. Only the last page can be submitted.
 */
export function renderReview({
  changeRequest,
  playbook,
  registerUrl,
  personal,
  page = 1,
}: {
  changeRequest: ChangeRequest
  playbook: Playbook
  registerUrl: string
  personal: PersonalSight
  page?: number
}): { view: Modal; page: number; pages: number } {
  const plan = findPlan(changeRequest)
  const pages = plan
    ? paginate(contentOf(changeRequest, plan, { playbook, registerUrl, personal }))
    : [plainSections(whyNoDetails(changeRequest))]
  const shown = Math.min(Math.max(1, Math.trunc(page) || 1), pages.length)
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
      ...turning(changeRequest.id, shown, pages.length, personal),
      ...(isLast && plan ? [note('If you select “Approve”, exactly these changes are made, once, in your name.')] : []),
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

/** Asks why a request is rejected; the reason is shown on the card. */
export function renderReject({ changeRequest }: { changeRequest: Pick<ChangeRequest, 'id'> }): Modal {
  return {
    type: 'modal',
    callback_id: MODALS.reject,
    private_metadata: JSON.stringify({ changeRequest: changeRequest.id }),
    title: modalTitle(`Reject ${crName(changeRequest)}`, 'Reject request'),
    submit: plain('Reject'),
    close: plain('Close'),
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Why do you reject it?'),
        hint: plain('Everyone in the channel can read this. Do not name the trainee.'),
        element: { type: 'plain_text_input', action_id: INPUT_ACTION, multiline: true, max_length: 500 },
      },
    ],
  }
}

function contentOf(
  changeRequest: ChangeRequest,
  plan: Plan,
  { playbook, registerUrl, personal }: { playbook: Playbook; registerUrl: string; personal: PersonalSight },
): Group[] {
  const { requester, sentAt, createdAt, expiresAt } = changeRequest
  const subject = subjectOf(changeRequest, registerUrl)
  const changes = describeChanges(plan, { reveal: personal === 'shown', exact: true })
  const effects = renderEffects(plan, { registerUrl })
  const facts = [
    `${crName(changeRequest)}${subject ? ` for ${subject}` : ''}`,
    `Asked for by ${byWhom(requester, sentAt ?? createdAt)}.`,
    ...(expiresAt ? [`It expires on ${formatDateTime(expiresAt)}.`] : []),
  ]
  return [
    ...one(header(playbook.title), section(facts.join('\n'))),
    ...formWords(changeRequest, playbook).flatMap((words) => plainSections(words).flatMap((block) => one(block))),
    ...one(divider(), heading('What the checks found')),
    ...renderVerdicts(checksOf(changeRequest)),
    ...(changes.length > 0 ? one(divider(), heading('What changes')) : []),
    ...renderWholeChanges(changes),
    ...one(...withheld(changeRequest.id, plan, personal)),
    ...(effects.length > 0 ? one(divider(), heading(changes.length > 0 ? 'What else happens' : 'What happens')) : []),
    ...effects,
  ]
}

/** Every field as it was filled in, but for the trainee, who has a link of their own. */
function formWords(changeRequest: ChangeRequest, { form }: Playbook): string[] {
  const fields: [string, Field<string>][] = Object.entries(form)
  return fields.flatMap(([name, { label, input }]) => {
    const value = typedIn(changeRequest, name)
    if (value === '') return []
    if (name === 'subject') return subjectWords(value)
    const option = input.type === 'select' ? input.options.find((offered) => offered.value === value) : undefined
    return [`${label}: ${option?.label ?? value}`]
  })
}

const SUBJECTS = { urn: 'URN of the school', job: 'Failed job', request: 'Request' } as const

function subjectWords(value: string): string[] {
  const { kind, id } = readSubject(value)
  return kind === 'trainee' ? [] : [`${SUBJECTS[kind]}: ${kind === 'request' ? value : id}`]
}

function one(...blocks: Block[]): Group[] {
  return [{ blocks, shows: 0 }]
}

/** Fills page after page; a group that is too large for a page of its own runs over. */
function paginate(groups: readonly Group[]): Block[][] {
  const pages: Block[][] = [[]]
  let weight = 0
  for (const { blocks } of groups) {
    const whole = weigh(blocks)
    const parts = blocks.length > PAGE.blocks || whole > PAGE.weight ? blocks.map((block) => [block]) : [blocks]
    for (const part of parts) {
      const needed = weigh(part)
      const page = pages.at(-1) ?? []
      const isFull = page.length + part.length > PAGE.blocks || weight + needed > PAGE.weight
      if (isFull && page.length > 0) {
        pages.push([...part])
        weight = needed
      } else {
        page.push(...part)
        weight += needed
      }
    }
  }
  return pages
}

/** Says that values of personal columns are not shown, and offers them where they may be. */
function withheld(id: string, plan: Plan, personal: PersonalSight): Block[] {
  const isPersonalChanged = plan.updates.some(({ changes }) => Object.keys(changes).some(isPersonal))
  if (personal === 'shown' || !isPersonalChanged) return []
  if (personal === 'hidden') return [note('Personal details are not shown here. Register has them.')]
  return [actions([button('Show personal details (this is recorded)', ACTIONS.reviewPage, `${id}:1:${PERSONAL}`)])]
}

/** At the end of a button's value: the page is shown with personal values. */
export const PERSONAL = 'personal'

function turning(id: string, page: number, pages: number, personal: PersonalSight): Block[] {
  const suffix = personal === 'shown' ? `:${PERSONAL}` : ''
  const buttons = [
    ...(page > 1 ? [button('Previous page', ACTIONS.reviewPage, `${id}:${page - 1}${suffix}`)] : []),
    ...(page < pages ? [button('Next page', ACTIONS.reviewPage, `${id}:${page + 1}${suffix}`)] : []),
  ]
  return buttons.map((element) => actions([element]))
}
