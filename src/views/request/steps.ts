import type { types } from '@slack/bolt'
import { formatAt } from '../../calendar/london.ts'
import { isNeedless, type OpenStep } from '../../changes/steps/manual-steps.ts'
import type { ManualStep } from '../../entities/chatops/manual-step.ts'
import {
  actions,
  type Block,
  type BlockGroup,
  button,
  copyable,
  heading,
  type Message,
  type Modal,
  modalTitle,
  note,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { ACTIONS, INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { uncapitalise } from '../kit/labels.ts'
import { inert, mention, plain, shorten } from '../kit/text.ts'
import { crName } from './request.ts'

// What is left to do by hand after a request, and who has done it.

export const isOpenStep = ({ doneAt }: ManualStep): boolean => doneAt === null

/** Mrkdwn lines for the card: what is still to do and who sees to it, and what was done by whom. */
export function stepLines(steps: readonly ManualStep[]): string[] {
  const open = steps.filter(isOpenStep)
  const first = open[0]
  const todo = [...open.slice(0, MOST).map(({ title }) => titleOf(title)), ...more(open.length - MOST)].join('; ')
  const done = steps.filter((step) => !isOpenStep(step))
  return [
    ...(first ? [`Still to do, by ${mention(first.owner)}: ${todo}.`] : []),
    ...done.slice(0, MOST).map((step) => `${howDone(step)}: ${titleOf(step.title)}.`),
    ...more(done.length - MOST),
  ]
}

/** How many steps a card names of those that are left, and of those that are done. */
const MOST = 4

function more(left: number): string[] {
  return left > 0 ? [`and ${left.toLocaleString('en-GB')} more`] : []
}

function titleOf(title: string): string {
  return inert(uncapitalise(shorten(title, 200)))
}

function howDone(step: ManualStep): string {
  const { doneBy, doneAt } = step
  if (isNeedless(step)) return 'No longer needed'
  return `Done by ${mention(doneBy)}${doneAt ? ` at ${formatAt(doneAt)}` : ''}`
}

/** "Copy text" and "Mark as done"; or the way back from the last tick. Nothing for what the bot found needless. */
export function stepButtons(request: string, all: readonly ManualStep[]): types.Button[] {
  const steps = all.filter((step) => !isNeedless(step))
  if (steps.length === 0) return []
  const texts = steps.some((step) => isOpenStep(step) && step.text !== null)
  return [
    ...(texts ? [button('Copy text', ACTIONS.copySteps, request)] : []),
    steps.some(isOpenStep)
      ? button('Mark as done', ACTIONS.markSteps, request)
      : button('Not done after all', ACTIONS.unmarkSteps, request),
  ]
}

/** Mrkdwn: a request, what is left to do by hand, and who sees to it. */
export function stepLine({ step, request }: OpenStep): string {
  return `${crName(request)}: ${titleOf(step.title)}, by ${mention(step.owner)}.`
}

/** The same for the Home tab, with the way to the request's card, and to saying that the step is done. */
export function renderStepRow(open: OpenStep, link: string | null): Block[] {
  const { step, request } = open
  const name = crName(request)
  const label = { accessibility_label: shorten(`Mark as done: ${name}, ${step.title}`, 70) }
  const buttons = [
    button('Mark as done', ACTIONS.markSteps, request.id, label),
    ...(link
      ? [button('Open', ACTIONS.openCard, request.id, { url: link, accessibility_label: `Open the card of ${name}` })]
      : []),
  ]
  return [section(stepLine(open)), actions(buttons)]
}

/**
 * The steps of a request that people see to, one at least, with a tick each, those that are left first. What is ticked now
 * stands beside the ids, so that only changes count.
 */
export function renderTicks(request: string, all: readonly ManualStep[]): Modal {
  const steps = [...all.filter(isOpenStep), ...all.filter((step) => !isOpenStep(step))].slice(0, MOST_TICKS)
  const left = all.length - steps.length
  const options = steps.map(({ id, title }) => ({ text: plain(shorten(title, 75)), value: id }))
  const ticked = options.filter(({ value }) => steps.some((step) => step.id === value && !isOpenStep(step)))
  return {
    type: 'modal',
    callback_id: MODALS.steps,
    private_metadata: JSON.stringify({
      changeRequest: request,
      shown: Object.fromEntries(steps.map((step) => [step.id, !isOpenStep(step)])),
    }),
    title: modalTitle(`Steps of CR-${request}`, 'Steps by hand'),
    submit: plain('Save'),
    close: plain('Close'),
    blocks: [
      {
        type: 'input',
        block_id: 'steps',
        optional: true,
        label: plain('Which steps are done?'),
        hint: plain('Remove a tick if a step is not done after all. Who ticked what, and when, stays on record.'),
        element: {
          type: 'checkboxes',
          action_id: INPUT_ACTION,
          options,
          ...(ticked.length > 0 ? { initial_options: ticked } : {}),
        },
      },
      ...(left > 0 ? [note(`And ${left} more. Save these, then open the list again.`)] : []),
    ],
  }
}

/** Slack shows at most so many ticks. */
const MOST_TICKS = 10

/** The words of each step that is left, ready to copy. */
export function renderTexts(request: string, steps: readonly ManualStep[]): Modal {
  const groups = steps.filter(isOpenStep).map((step) => renderText(step, 20_000))
  const { blocks, left } = takeWithin(groups, { blocks: 90, weight: 36_000 })
  return {
    type: 'modal',
    title: modalTitle(`Texts for CR-${request}`, 'Texts to copy'),
    close: plain('Close'),
    blocks: [
      ...(blocks.length > 0 ? blocks : plainSections('Nothing is left to do by hand.')),
      ...(left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more.`)] : []),
    ],
  }
}

function renderText({ title, text }: ManualStep, room: number): BlockGroup {
  const words = text ? copyable(shorten(text, room)) : plainSections('Its text was removed.')
  return { blocks: [heading(shorten(title, 200)), ...words], shows: 1 }
}

/** A reply for the thread: what is left to do, each with its words ready to copy. */
export function renderSteps(request: string, steps: readonly ManualStep[]): Message[] {
  const open = steps.filter((step) => isOpenStep(step) && step.neededUntil === null)
  const [first] = open
  if (!first) return []
  const lead = `Still to do for CR-${request}, by ${mention(first.owner)}`
  const groups = open.map((step) => renderText(step, Math.floor(11_100 / open.length)))
  const { blocks, left } = takeWithin(groups, { blocks: 46, weight: 11_700 })
  const rest = left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more: select “Copy text” on the request.`)] : []
  return [{ text: lead, blocks: [section(`${lead}. You can copy the text:`), ...blocks, ...rest] }]
}
