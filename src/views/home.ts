import type { types } from '@slack/bolt'
import type { AnyPlaybook } from '../contract/playbook.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import type { SchoolWait } from '../entities/chatops/school-wait.ts'
import { renderStandstill, type Standstill } from './brake.ts'
import { type Block, button, divider, header, note, plainSections, section } from './kit/blocks.ts'
import { ACTIONS } from './kit/ids.ts'
import { plain, shorten } from './kit/text.ts'
import { requestLine } from './request/request.ts'
import { requestButtons } from './request/requests.ts'
import { renderWaits } from './school/wait.ts'

/**
 * Slack takes at most 100 blocks: 4 waits, 10 requests not sent and 13 waiting with two each, 10 finished with one
 * each, 20 to start, and headings.
 */
const MOST = { unsent: 10, waiting: 13, recent: 10, playbooks: 20 }

/**
 * The Home tab: someone's requests, and a button for each playbook.
 * @param offered the playbooks that can be started; all of them unless given
 * @param viewer who looks at it, and can cancel their own requests
 */
export function renderHome({
  unsent,
  waits = [],
  waiting,
  recent,
  playbooks,
  offered = playbooks,
  registerUrl,
  viewer,
  standstill,
}: {
  unsent: readonly ChangeRequest[]
  waits?: readonly SchoolWait[]
  waiting: readonly ChangeRequest[]
  recent: readonly ChangeRequest[]
  playbooks: readonly AnyPlaybook[]
  offered?: readonly AnyPlaybook[]
  registerUrl: string
  viewer?: string
  standstill?: Standstill
}): types.HomeView {
  const list = (title: string, requests: readonly ChangeRequest[], most: number, none: string): Block[] => [
    header(title),
    ...(requests.length === 0 ? plainSections(none) : []),
    ...requests
      .slice(0, most)
      .flatMap((request) => [
        section(requestLine(request, playbooks, registerUrl)),
        ...requestButtons(request, viewer),
      ]),
    ...(requests.length > most ? [note(`And ${(requests.length - most).toLocaleString('en-GB')} more.`)] : []),
    divider(),
  ]
  return {
    type: 'home',
    blocks: [
      ...(standstill ? renderStandstill(standstill) : []),
      ...(waits.length > 0 ? [header('Waiting for DTTP'), ...renderWaits(waits), divider()] : []),
      ...list('Not sent yet', unsent, MOST.unsent, 'You have no previews that are not sent.'),
      ...list('Waiting for approval', waiting, MOST.waiting, 'Nothing is waiting for approval.'),
      ...list('Recently finished', recent, MOST.recent, 'Nothing has finished recently.'),
      header('Start a new request'),
      ...plainSections('You see a preview first. Nothing changes until a developer has approved it.'),
      ...offered.slice(0, MOST.playbooks).map(startButton),
      ...(offered.length > MOST.playbooks ? [note('Type /trainee to choose from all of them.')] : []),
    ],
  }
}

function startButton({ name, title, summary }: AnyPlaybook): types.SectionBlock {
  return {
    type: 'section',
    text: plain(shorten(`${title}: ${summary}`, 1000)),
    accessory: button('Start', ACTIONS.startPlaybook, name),
  }
}
