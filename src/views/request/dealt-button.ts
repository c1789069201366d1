import { troubleShown } from '../../changes/attention.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { button } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'
import { crName } from './request.ts'

/** "Mark as dealt with", which asks once more; for a request that needs attention. */
export function dealtButton({ id, outcome }: Pick<ChangeRequest, 'id' | 'outcome'>) {
  const name = crName({ id })
  const confirm = {
    title: plain('Is this dealt with?'),
    text: plain(`${name} leaves the lists of what needs attention. Who said so, and when, stays on record.`),
    confirm: plain('Mark as dealt with'),
    deny: plain('Not yet'),
  }
  const label = { accessibility_label: `Mark ${name} as dealt with` }
  return button('Mark as dealt with', ACTIONS.markDealtWith, `${id}:${troubleShown({ outcome })}`, {
    confirm,
    ...label,
  })
}
