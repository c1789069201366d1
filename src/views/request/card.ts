import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { ManualStep } from '../../entities/chatops/manual-step.ts'
import type { SchoolNames } from '../../register/schools/schools.ts'
import { renderStandstill, type Standstill } from '../brake.ts'
import { type Block, header, type Message, note, plainSections } from '../kit/blocks.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { headerOf, renderFinished } from './finished.ts'
import { crName, standingOf } from './request.ts'
import { type Speaking, sayingOf } from './saying.ts'
import { notificationOf, renderWaiting, waitingHeader } from './waiting.ts'

type Shown = {
  changeRequest: ChangeRequest
  playbook: Speaking
  registerUrl: string
  standstill?: Standstill
  steps?: readonly ManualStep[]
  schools?: SchoolNames
}

/**
 * The one message that shows a change request, for whatever state it is in. Never holds a personal value, and stays
 * within 50 blocks and 12,000 characters whatever the plan.
 */
export function renderCard({ steps = [], ...shown }: Shown): Message {
  const { changeRequest, playbook, standstill } = shown
  const isWaiting = changeRequest.status === 'pending' || changeRequest.status === 'unsent'
  const title = isWaiting ? waitingHeader(changeRequest) : headerOf({ changeRequest, steps })
  return {
    text: isWaiting ? notificationOf(changeRequest, playbook) : notificationAfter(changeRequest, playbook),
    blocks: [
      header(title),
      ...(standstill && isToCome(changeRequest) ? renderStandstill(standstill) : []),
      ...renderOff(changeRequest),
      ...(isWaiting ? renderWaiting(shown) : renderFinished({ ...shown, steps })),
      note('Times are London time.'),
    ],
  }
}

/** Why neither a person nor the bot goes on with it for now. */
function renderOff(changeRequest: ChangeRequest): Block[] {
  const { status, outcome } = changeRequest
  if (!outcome.off || !isToCome(changeRequest)) return []
  const next =
    status === 'approved'
      ? 'It stays approved, and is carried out once that is put right. Nothing has changed yet.'
      : 'Nobody can approve it until that is put right. Nothing has changed.'
  return plainSections(shorten(`This kind of change is switched off for now. ${outcome.off} ${next}`, 1000))
}

/** Whether something is still to be carried out. */
function isToCome({ status }: ChangeRequest): boolean {
  return status === 'pending' || status === 'approved'
}

function notificationAfter(request: ChangeRequest, playbook: Speaking): string {
  const what = sayingOf(request, playbook)?.approving ?? playbook.title
  return `${crName(request)} (${standingOf(request)}): ${escapeText(shorten(what, 200))}`
}
