import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { button } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'
import { crName } from './request.ts'

/** "Cancel request", which asks once more; for a request that waits for approval, or to be carried out. */
export function cancelButton({ id, status }: Pick<ChangeRequest, 'id' | 'status'>) {
  const name = crName({ id })
  const words =
    status === 'approved' ? `${name} will not be made, although it is approved. ${AFTER}` : `${name} ${BEFORE}`
  return button('Cancel request', ACTIONS.cancelRequest, id, { confirm: cancelling(words) })
}

const BEFORE = 'will not be made, and nobody can approve it any more. Only the person who asked can cancel it.'
const AFTER = 'Only the person who asked and approvers can cancel it now.'

function cancelling(words: string) {
  return {
    title: plain('Cancel this request?'),
    text: plain(words),
    confirm: plain('Cancel request'),
    deny: plain('Keep it'),
  }
}
