import type { MessageAnswer, MessageSight } from '../../alerts/message-answers.ts'
import type { AlertSight, Diagnosis } from '../../alerts/sight/sight.ts'
import { stateLabel } from '../../register/trainees/states.ts'
import { routeLabel } from '../../register/trainees/training-routes.ts'
import { actions, type Block, button, heading, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { capitalise } from '../kit/labels.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { renderAdvice } from './alert.ts'
import { renderBeside } from './beside.ts'
import { linksOf, type Places, startButton, viewButton } from './links.ts'
import { renderOne } from './rows.ts'

type Asked = Pick<MessageAnswer, 'trainee' | 'job'> & { places: Places }

/** What is said in the thread of a message that names a trainee: what we know, and what can be done. No personal value. */
export function renderMessageAnswer(sight: MessageSight, asked: Asked): Message {
  const title = titleOf(sight, asked)
  return { text: escapeText(title), blocks: [heading(shorten(title, 200)), ...bodyOf(sight, asked)] }
}

function titleOf({ trainee, hasArrived, sight, diagnosis }: MessageSight, asked: Asked): string {
  if (!trainee) return `There is no trainee ${asked.trainee} in Register`
  if (sight) return sight.diagnosis.title
  if (hasArrived) return `Trainee ${trainee.id} has ${asked.job === POLL ? 'a TRN' : 'the award'} by now`
  return diagnosis?.title ?? `Trainee ${trainee.id}`
}

const POLL = 'Dttp::RetrieveTrnJob'

function bodyOf(found: MessageSight, asked: Asked): Block[] {
  const { trainee, hasArrived, sight, diagnosis } = found
  if (!trainee) return plainSections('The record was deleted, or the number is wrong. There is nothing to do here.')
  if (sight) return renderSight(sight, asked.places)
  if (hasArrived) {
    return [...renderTrainee(found, asked), ...plainSections('Nobody needs to do anything about this message.')]
  }
  const nothing = 'We know of nothing that has failed for this trainee.'
  return [
    ...renderTrainee(found, asked),
    ...plainSections(diagnosis ? adviceOf(diagnosis) : nothing),
    actions([button('Choose a fix', ACTIONS.chooseFix, trainee.slug), ...viewOf(found, asked)]),
  ]
}

function renderSight(sight: NonNullable<MessageSight['sight']>, places: Places): Block[] {
  const [group] = sight.groups
  if (!group) return []
  const isOpen = group.entries.some(({ settledAt }) => settledAt === null)
  const buttons = [startButton(sight, group), viewButton(group, places)].filter((element) => element !== null)
  return [
    ...renderOne(sight, places),
    ...(isOpen ? renderNext(sight) : plainSections('Nobody needs to do anything about this any more.')),
    ...(buttons.length > 0 ? [actions(buttons)] : []),
    note(`This is part of what is posted in <#${sight.alert.channel}>, which is kept up to date.`),
  ]
}

/** As in the post: what to do, or who does it already. */
function renderNext(sight: AlertSight): Block[] {
  const { why } = sight.diagnosis
  return [...plainSections(why ? shorten(why, 1000) : ''), ...renderAdvice(sight), ...renderBeside(sight)]
}

function renderTrainee({ trainee }: MessageSight, { places }: Asked): Block[] {
  if (!trainee) return []
  const links = linksOf({ trainee: { ...trainee, dttpId: null }, entries: [], offer: null }, places)
  const { state, training_route: route } = trainee
  return [section(links.join('\n')), ...plainSections(`${stateLabel(state, route)}. ${capitalise(routeLabel(route))}.`)]
}

function viewOf({ trainee }: MessageSight, { places }: Asked) {
  const view = trainee && viewButton({ trainee: { ...trainee, dttpId: null }, entries: [], offer: null }, places)
  return view ? [view] : []
}

function adviceOf(diagnosis: Diagnosis): string {
  return [shorten(diagnosis.meaning, 1000), nextOf(diagnosis)].join('\n')
}

function nextOf({ why, todo }: Diagnosis): string {
  return shorten([why, todo].filter(Boolean).join('\n'), 1500)
}
