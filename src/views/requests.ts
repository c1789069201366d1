import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { playbooks } from '../playbooks/index.ts'
import { actions, type Block, button, heading, type Message, note, plainSections, section } from './blocks.ts'
import { ACTIONS } from './ids.ts'
import { requestLine } from './request.ts'

const MOST = 12

/** The answer to `/trainee requests`: someone's requests, with what they can do about those not sent yet. */
export function renderRequests(list: readonly ChangeRequest[], registerUrl: string | null = null): Message {
  const left = list.length - MOST
  const shown = list
    .slice(0, MOST)
    .flatMap((changeRequest) => [
      section(requestLine(changeRequest, playbooks, registerUrl)),
      ...unsentButtons(changeRequest),
    ])
  return {
    text: 'Your requests',
    blocks: [
      heading('Your requests'),
      ...(list.length === 0 ? plainSections('You have no requests. Type /trainee to start one.') : shown),
      ...(left > 0 ? [note(`And ${left.toLocaleString('en-GB')} more in the Home tab.`)] : []),
    ],
  }
}

/** "Open" and "Discard" for a request that is not sent yet; nothing for others. */
export function unsentButtons({ id, status }: ChangeRequest): Block[] {
  if (status !== 'unsent') return []
  return [actions([button('Open', ACTIONS.openUnsent, id), button('Discard', ACTIONS.discardUnsent, id)])]
}
