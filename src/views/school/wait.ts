import { formatDateTime } from '../../calendar/london.ts'
import type { CheckResult } from '../../contract/check.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import {
  actions,
  type Block,
  button,
  copyable,
  divider,
  header,
  heading,
  type Message,
  type Modal,
  modalTitle,
  plainSections,
  section,
  takeWithin,
} from '../kit/blocks.ts'
import { ACTIONS, MODALS } from '../kit/ids.ts'
import { escapeText, mention, plain } from '../kit/text.ts'
import { renderVerdicts } from '../request/verdicts.ts'

/**
 * A request that cannot be made before support has added a school to DTTP, for the person who asks. What happens next is
 * on the screen, word for word: nobody approves it, as it changes no record.
 * @param askedBefore someone who waits for the same school, or did while support was asked
 */
export function renderWait({
  wait,
  askedBefore,
  checks,
  playbook,
  addsTrelloCards,
  previewOnly = false,
}: {
  wait: SchoolWait
  askedBefore: SchoolWait | null
  checks: readonly CheckResult[]
  playbook: Pick<AnyPlaybook, 'title'>
  addsTrelloCards: boolean
  previewOnly?: boolean
}): Modal {
  const { blocks } = takeWithin(renderVerdicts(checks), { blocks: 40, weight: 16_000 })
  const isAsked = askedBefore !== null && (askedBefore.cardKey !== null || !addsTrelloCards)
  return {
    type: 'modal',
    callback_id: MODALS.wait,
    private_metadata: JSON.stringify({ wait: wait.id, adds: !isAsked && addsTrelloCards }),
    title: modalTitle(playbook.title, 'Wait for a school'),
    ...(previewOnly ? {} : { submit: plain(isAsked || !addsTrelloCards ? 'Wait' : 'Ask support and wait') }),
    close: plain('Close'),
    blocks: [
      header('DTTP must have the school first'),
      section('Your request is not sent, and nothing changes in Register. So nobody has to approve what follows.'),
      ...(previewOnly ? [section(PREVIEW_ONLY)] : []),
      ...(isAsked ? renderAsked(askedBefore) : renderCard(wait, addsTrelloCards)),
      ...(previewOnly
        ? []
        : [
            section(
              `We tell you directly when ${nameOf(wait)} is in Register’s list of DTTP schools. Then you can go on.`,
            ),
          ]),
      divider(),
      heading('What the checks found'),
      ...blocks,
    ],
  }
}

const PREVIEW_ONLY =
  'This bot shows previews only: it asks nobody for anything, and you cannot wait here. Ask support as you did before.'

function renderAsked({ askedAt, cardUrl }: SchoolWait): Block[] {
  const when = askedAt ? ` on ${formatDateTime(askedAt)}` : ''
  const where = cardUrl ? ` The Trello card: ${linkTo(cardUrl)}` : ''
  return [section(`Support was asked to add it${when}, so we do not ask again.${where}`)]
}

function renderCard({ asks: { title, text } }: SchoolWait, addsTrelloCards: boolean): Block[] {
  if (!addsTrelloCards)
    return [heading('Ask support to add it. You can copy this:'), ...copyable(`${title}\n\n${text}`)]
  return [
    heading('If you select “Ask support and wait”, we add this Trello card'),
    ...plainSections(title),
    ...plainSections(text),
  ]
}

type Words = { title: string; text: string }

/** Takes the place of the modal and says that the person now waits; or why not, where the wait is over. */
export function wordsAfterAsking(wait: SchoolWait): Words {
  if (wait.status === 'arrived') return wordsOfArrived(wait)
  if (wait.status === 'dropped') {
    const why = wait.askedAt === null ? 'This window was open for more than a day.' : 'The wait was ended meanwhile.'
    return { title: 'You do not wait for the school', text: `${why} Nothing has changed.\n${askAgain(wait)}` }
  }
  const text = `${wait.cardKey ? 'Support is asked with a Trello card.' : 'Ask support to add the school to DTTP.'} Your request is not sent, and nothing has changed.\nWe tell you when ${nameOf(wait)} is in the list. You see what you wait for in /trainee requests.`
  return { title: 'You wait for the school', text }
}

/** What comes of "Stop waiting", by how the wait stood before, for whoever selected it. */
export function wordsAfterStopping(before: SchoolWait, actor: string): Words {
  if (before.status === 'arrived') return wordsOfArrived(before)
  if (before.status === 'dropped') {
    const text = `Nothing has changed because of what you selected.\n${askAgain(before)}`
    return { title: 'This wait had ended already', text }
  }
  const card = 'A Trello card that was added stays: tell support if it is not needed.'
  if (before.requester === actor) {
    return { title: 'You no longer wait', text: `We do not tell you when the school is there. ${card}` }
  }
  return { title: 'You ended this wait', text: `${mention(before.requester)} is told so. ${card}` }
}

function wordsOfArrived(wait: SchoolWait): Words {
  const text = `${nameOf(wait)} is in Register’s list of DTTP schools, so nobody waits for it any more. Nothing else has changed.\nUse ${commandOf(wait)} to go on.`
  return { title: 'The school is there by now', text }
}

function askAgain(wait: SchoolWait): string {
  return `Use ${commandOf(wait)} to ask again.`
}

function commandOf({ playbook, urn }: SchoolWait): string {
  return `/trainee ${playbook} ${urn.replace(/\D/g, '')}`
}

/** A direct message to someone who waits: their school is there, or what has become of the card that asks for it. */
export function renderWaitNews(wait: SchoolWait, { part, by }: { part: string; by?: string | undefined }): Message {
  if (part === 'wait-stopped') {
    const text = `${mention(by ?? null)} has ended your wait for the school with ${nameOf(wait)}. Nothing has changed. ${askAgain(wait)}`
    return message([section(text)])
  }
  if (part === 'school-arrived') {
    const text = `The school with ${nameOf(wait)} is in the list of DTTP schools now. Your request was not sent: select “Continue” to see what it would do, or start ${commandOf(wait)}.`
    return { text, blocks: [section(text), actions([button('Continue', ACTIONS.continueWait, wait.id)])] }
  }
  if (part === 'school-asked-for') {
    const where = wait.cardUrl ? `: ${linkTo(wait.cardUrl)}` : '.'
    return message([section(`Support is asked to add the school with ${nameOf(wait)} to DTTP${where}`)])
  }
  const text = `We could not add the Trello card for ${nameOf(wait)}. Look in Trello first: it may be there. If not, ask support yourself. You can copy this:`
  return message([section(text), ...copyable(`${wait.asks.title}\n\n${wait.asks.text}`)])
}

/** What somebody else waits for, and the way to end that, which asks once more. */
export function renderOthersWait({ id, urn, requester, askedAt }: SchoolWait): Block[] {
  const asked = askedAt ? `, asked on ${formatDateTime(askedAt)}` : ''
  const name = nameOf({ urn })
  const confirm = {
    title: plain('End this wait?'),
    text: plain(
      `Nobody is told any more when DTTP has the school with ${name}. Whoever waits for it is told that you ended it.`,
    ),
    confirm: plain('Stop waiting'),
    deny: plain('Keep it'),
  }
  const label = { accessibility_label: `Stop the wait for ${name}` }
  return [
    section(`DTTP is to have the school with ${name}: ${mention(requester)} waits for it${asked}.`),
    actions([button('Stop waiting', ACTIONS.stopWait, id, { confirm, ...label })]),
  ]
}

/** What someone waits for, in their list of requests. */
export function renderWaits(waits: readonly SchoolWait[]): Block[] {
  return waits.slice(0, 4).flatMap((wait) => {
    const asked = wait.askedAt ? `, asked on ${formatDateTime(wait.askedAt)}` : ''
    const card = wait.cardUrl ? ` ${linkTo(wait.cardUrl)}` : ''
    const text = `*Not sent yet:* waiting until DTTP has the school with ${nameOf(wait)}${asked}.${card}`
    const buttons = [
      button('Continue', ACTIONS.continueWait, wait.id),
      button('Stop waiting', ACTIONS.stopWait, wait.id),
    ]
    return [section(text), actions(buttons)]
  })
}

function nameOf({ urn }: Pick<SchoolWait, 'urn'>): string {
  return `URN ${urn.replace(/\D/g, '')}`
}

function linkTo(url: string): string {
  return /^https?:\/\/[^\s<>|]+$/.test(url) ? `<${url}|see it in Trello>` : escapeText(url)
}

function message(blocks: Block[]): Message {
  const [first] = blocks
  const text = first?.type === 'section' ? (first.text?.text ?? '') : ''
  return { text, blocks }
}
