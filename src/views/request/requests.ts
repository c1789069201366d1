import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { playbooks } from '../../playbooks/index.ts'
import { actions, type Block, button, heading, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { renderWaits } from '../school/wait.ts'
import { cancelButton } from './cancel-button.ts'
import { requestLine } from './request.ts'

const MOST = 12

/** The answer to `/trainee requests`: someone's requests, with what they can do about them. */
export function renderRequests(
  list: readonly ChangeRequest[],
  registerUrl: string | null = null,
  waits: readonly SchoolWait[] = [],
): Message {
  const left = list.length - MOST
  const shown = list
    .slice(0, MOST)
    .flatMap((changeRequest) => [
      section(requestLine(changeRequest, playbooks, registerUrl)),
      ...requestButtons(changeRequest, changeRequest.requester),
    ])
  return {
    text: 'Your requests',
    blocks: [
      heading('Your requests'),
      ...renderWaits(waits),
      ...(list.length + waits.length === 0
        ? plainSections('You have no open requests. Type /trainee to start one.')
        : shown),
      ...(left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more in the Home tab.`)] : []),
    ],
  }
}

/** What one can do about one's own request: "Open" and "Discard" until it is sent, then "Cancel request". */
export function requestButtons(request: ChangeRequest, viewer: string | undefined): Block[] {
  const { id, status } = request
  if (status === 'unsent') {
    return [actions([button('Open', ACTIONS.openUnsent, id), button('Discard', ACTIONS.discardUnsent, id)])]
  }
  if (status !== 'pending' || request.requester !== viewer) return []
  return [actions([cancelButton(request)])]
}
