import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { button } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'
import { crName } from './request.ts'

/** "Cancel request", which asks once more; for a request that waits for approval. */
export function cancelButton({ id }: Pick<ChangeRequest, 'id'>) {
  return button('Cancel request', ACTIONS.cancelRequest, id, { confirm: cancelling(crName({ id })) })
}

function cancelling(cr: string) {
  return {
    title: plain('Cancel this request?'),
    text: plain(`${cr} will not be made, and nobody can approve it any more. Only the person who asked can cancel it.`),
    confirm: plain('Cancel request'),
    deny: plain('Keep it'),
  }
}
