import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { type Modal, modalTitle } from '../kit/blocks.ts'
import { INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'
import { crName } from './request.ts'

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
