import type { types } from '@slack/bolt'
import { needsAttention } from '../../changes/attention.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import type { Page } from '../../pages.ts'
import { playbooks } from '../../playbooks/index.ts'
import { count } from '../../words.ts'
import { actions, type Block, button, heading, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { pageBlocks } from '../kit/pages.ts'
import { escapeText } from '../kit/text.ts'
import { renderWaits } from '../school/wait.ts'
import { cancelButton } from './cancel-button.ts'
import { dealtButton } from './dealt-button.ts'
import { crName, requestLine } from './request.ts'

/** Who looks at requests, and how their cards are linked. */
export type Viewing = {
  viewer: string
  mayApprove: boolean
  registerUrl: string
  permalink: (channel: string, ts: string | null) => string | null
}

/** A list of requests, a page at a time, with what its reader can do about them. */
export function renderRequests({
  title,
  found,
  waits = [],
  turnTo,
  ...viewing
}: Viewing & {
  title: string
  found: Page<ChangeRequest>
  waits?: readonly SchoolWait[]
  turnTo: (page: number) => string
}): Message {
  const none = 'You have no open requests, and none that ended in the last 14 days. Type /trainee to start one.'
  return {
    text: escapeText(title),
    blocks: [
      heading(title),
      ...renderWaits(waits),
      ...(found.all > 0 ? [note(`${found.isAll ? '' : 'More than '}${count(found.all, 'request')}.`)] : []),
      ...(found.all + waits.length === 0 ? plainSections(none) : []),
      ...found.items.flatMap((request) => renderRow(request, viewing)),
      ...pageBlocks(found, ACTIONS.requestsPage, turnTo),
    ],
  }
}

/** A request in a list: a line, and below it what its reader can do about it. At most two blocks. */
export function renderRow(request: ChangeRequest, { viewer, mayApprove, registerUrl, permalink }: Viewing): Block[] {
  const link = permalink(request.channel, request.cardTs)
  const buttons = requestButtons(request, viewer, link, mayApprove)
  return [section(requestLine(request, playbooks, registerUrl)), ...(buttons.length > 0 ? [actions(buttons)] : [])]
}

/**
 * What somebody can do about a request: an approver reviews it, whoever asked for it opens and discards it until it is
 * sent and can cancel it then, an approver can cancel what is approved, and everyone opens its card.
 */
export function requestButtons(
  request: ChangeRequest,
  viewer: string,
  link: string | null,
  mayApprove = false,
): types.Button[] {
  const { id, status, requester } = request
  if (status === 'unsent') {
    return [button('Open', ACTIONS.openUnsent, id), button('Discard', ACTIONS.discardUnsent, id)]
  }
  const isOwn = requester === viewer
  const canCancel = (status === 'pending' && isOwn) || (status === 'approved' && (isOwn || mayApprove))
  const name = crName(request)
  return [
    ...(status === 'pending' && mayApprove && !isOwn
      ? [button('Review', ACTIONS.openReview, id, { style: 'primary', accessibility_label: `Review ${name}` })]
      : []),
    ...(link
      ? [button('Open', ACTIONS.openCard, id, { url: link, accessibility_label: `Open the card of ${name}` })]
      : []),
    ...(needsAttention(request) ? [dealtButton(request)] : []),
    ...(canCancel ? [cancelButton(request)] : []),
  ]
}
