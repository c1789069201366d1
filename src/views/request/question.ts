import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { type Message, type Modal, modalTitle, note, plainSections, section } from '../kit/blocks.ts'
import { INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { mention, plain } from '../kit/text.ts'
import { crName, STATUS_WORDS } from './request.ts'

export const QUESTION_MAX = 500

/** Asks what an approver wants to know of the requester. */
export function renderQuestionForm(changeRequest: Pick<ChangeRequest, 'id' | 'requester'>): Modal {
  return {
    type: 'modal',
    callback_id: MODALS.question,
    private_metadata: JSON.stringify({ changeRequest: changeRequest.id }),
    title: modalTitle(`Ask about ${crName(changeRequest)}`, 'Ask a question'),
    submit: plain('Ask'),
    close: plain('Back'),
    blocks: [
      section(
        `${mention(changeRequest.requester)} is told in the thread of ${crName(changeRequest)}, which goes on waiting for approval.`,
      ),
      {
        type: 'input',
        block_id: 'question',
        label: plain('What do you want to know?'),
        hint: plain('Everyone in the channel can read this. Do not name the trainee.'),
        element: { type: 'plain_text_input', action_id: INPUT_ACTION, multiline: true, max_length: QUESTION_MAX },
      },
    ],
  }
}

/** The question in the thread. */
export function renderQuestion(
  changeRequest: Pick<ChangeRequest, 'id' | 'requester' | 'status'>,
  { by, text }: { by: string; text: string },
): Message {
  const cr = crName(changeRequest)
  const lead = `${mention(changeRequest.requester)}: ${mention(by)} asks about ${cr}:`
  const isPending = changeRequest.status === 'pending'
  const standing = isPending ? 'still waits for approval.' : `waits no longer: ${STATUS_WORDS[changeRequest.status]}.`
  return {
    text: `${lead} see the thread.`,
    blocks: [section(lead), ...plainSections(text), note(`Answer in this thread. ${cr} ${standing}`)],
  }
}
