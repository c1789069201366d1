import { formatAt, formatLater } from '../../calendar/london.ts'
import { needsAttention } from '../../changes/attention.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { ManualStep } from '../../entities/chatops/manual-step.ts'
import { THE_BOT } from '../../ledger/ledger.ts'
import { count } from '../../words.ts'
import type { Standstill } from '../brake.ts'
import { actions, type Block, button, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { linkTo, mention } from '../kit/text.ts'
import { cancelButton } from './cancel-button.ts'
import { dealtButton } from './dealt-button.ts'
import { followUpsOf, headlineOf, renderOutcome } from './outcome.ts'
import { byWhom, crName, findPlan, whyNoDetails } from './request.ts'
import { linked, type Speaking, sayingOf } from './saying.ts'
import { isOpenStep, stepButtons, stepLines } from './steps.ts'
import { canBeUndone } from './undoable.ts'

// The card of a request that nobody has to decide on any more: how things are, by whom and when, and what is left to do.

type Shown = {
  changeRequest: ChangeRequest
  playbook: Speaking
  registerUrl: string
  steps: readonly ManualStep[]
  standstill?: Standstill | undefined
}

/** "CR-8 is done in Register. 2 steps left for support"; otherwise where the request stands. */
export function headerOf({ changeRequest, steps }: Pick<Shown, 'changeRequest' | 'steps'>): string {
  const left = steps.filter(isOpenStep).length
  if (changeRequest.status !== 'done' || changeRequest.outcome.undoneBy || left === 0) return headlineOf(changeRequest)
  return `✅ ${crName(changeRequest)} is done in Register. ${count(left, 'step')} left for support`
}

export function renderFinished(shown: Shown): Block[] {
  const { changeRequest, steps } = shown
  const { undoneBy } = changeRequest.outcome
  const undone = undoneBy ? [`Undone by CR-${undoneBy}.`] : []
  const lines = [
    whatOf(shown),
    ...peopleOf(changeRequest),
    ...undone,
    ...dealtLines(changeRequest),
    ...trelloLines(changeRequest),
    ...stepLines(steps),
  ]
  return [section(lines.join('\n')), ...renderOutcome(changeRequest, isHeld(shown)), ...renderButtons(shown)]
}

/** Whether it is approved and waits, as the head of the card says. */
function isHeld({ changeRequest: { outcome }, standstill }: Shown): boolean {
  return Boolean(outcome.off ?? standstill?.pause ?? standstill?.previewOnly)
}

/** How things are once it is done, for as long as nothing has undone it; otherwise what it was to do. */
function whatOf({ changeRequest, playbook, registerUrl }: Shown): string {
  const saying = sayingOf(changeRequest, playbook)
  if (!saying) return `${playbook.title}. ${whyNoDetails(changeRequest)}`
  const isSo = changeRequest.status === 'done' && !changeRequest.outcome.undoneBy
  const words = isSo ? saying.done : `${ASKED} ${saying.asks}.`
  return linked(words, changeRequest, registerUrl)
}

const ASKED = 'The request was to'

/** "Asked for by @requester, approved by @approver. Changed at 2:14pm on 27 October 2021, checked at 2:15pm." */
function peopleOf(request: ChangeRequest): string[] {
  const { requester, decidedBy, executedAt, finishedAt, status, follows } = request
  const following = follows ? ` It follows CR-${follows}.` : ''
  if (executedAt === null) {
    return [`Asked for by ${byWhom(requester, request.sentAt ?? request.createdAt)}.${following}`]
  }
  const checked = status === 'done' && finishedAt ? `, checked ${formatLater(finishedAt, executedAt)}` : ''
  const plan = findPlan(request)
  const made = plan && plan.updates.length + plan.inserts.length === 0 ? 'Carried out' : 'Changed'
  const by = `Asked for by ${mention(requester)}, approved by ${mention(decidedBy)}.`
  return [`${by} ${made} at ${formatAt(executedAt)}${checked}.${following}`]
}

function dealtLines({ dealtAt, dealtBy }: ChangeRequest): string[] {
  return dealtAt && dealtBy !== THE_BOT ? [`Dealt with by ${byWhom(dealtBy, dealtAt)}.`] : []
}

function trelloLines({ outcome }: ChangeRequest): string[] {
  return (outcome.trello ?? []).slice(0, 5).map(({ url, title }) => `Trello card added: ${linkTo(url, title)}`)
}

function renderButtons({ changeRequest, steps }: Shown): Block[] {
  const { id, plan } = changeRequest
  const again = againLabel(changeRequest)
  const buttons = [
    ...stepButtons(id, steps),
    ...followUpsOf(changeRequest).map(({ label }, index) => followUpButton(id, label, index)),
    ...(needsAttention(changeRequest) ? [dealtButton(changeRequest)] : []),
    ...(plan !== null && again ? [button(again, ACTIONS.previewAgain, id)] : []),
    ...(changeRequest.status === 'approved' ? [cancelButton(changeRequest)] : []),
    ...(plan !== null ? [button(showLabel(changeRequest), ACTIONS.showChanges, id)] : []),
    ...(isUndoable(changeRequest) ? [button('Undo…', ACTIONS.startUndo, id)] : []),
  ]
  return buttons.length > 0 ? [actions(buttons)] : []
}

/** How the same is asked for once more, where it was not done. */
function againLabel({ status, executedAt }: ChangeRequest): string | null {
  if (status === 'stale') return 'Preview again'
  const isNotDone = status === 'needs-attention' && executedAt === null
  return isNotDone || ENDED_UNDONE.has(status) ? 'Ask again' : null
}

const ENDED_UNDONE: ReadonlySet<ChangeRequest['status']> = new Set(['rejected', 'cancelled', 'expired', 'failed'])

function showLabel({ status, executedAt }: ChangeRequest): string {
  if (executedAt !== null) return 'Show what changed'
  return status === 'approved' ? 'Show what will change' : 'Show what was asked for'
}

function followUpButton(id: string, label: string, index: number) {
  return button(label, index === 0 ? ACTIONS.startFollowUp : ACTIONS.startOtherFollowUp, `${id}:${index}`)
}

/**
 * Whether undo is offered: the request was carried out, its result looked at, and its plan can be taken back. Who asks for
 * it by the command is told what stands in the way, and what people can do.
 */
function isUndoable(changeRequest: ChangeRequest): boolean {
  const { status, executedAt, outcome } = changeRequest
  const plan = findPlan(changeRequest)
  const isOver = executedAt !== null && (status === 'done' || status === 'needs-attention')
  return isOver && plan !== null && canBeUndone(plan) && !outcome.undoneBy
}
