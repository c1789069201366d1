import { discard } from '../changes/propose.ts'
import { listAllRequests, listRequests } from '../changes/requests.ts'
import { ChangeError } from '../errors.ts'
import { playbooks } from '../playbooks/index.ts'
import { sortPlaybooks } from '../playbooks/switched-on.ts'
import { listWaits } from '../schools/waits.ts'
import { renderHome } from '../views/home.ts'
import { renderNoticeHome } from '../views/kit/notice.ts'
import { persist, tell } from './answer.ts'
import { findStandstill } from './brake.ts'
import { type HandlerContext, wordsFor } from './context.ts'
import type { Click, HomeOpened, SlackClient } from './entry-points.ts'

/** Shows the Home tab: what one has not sent yet, what waits for approval, what ended lately. */
export async function openHome(context: HandlerContext, { event, client }: HomeOpened): Promise<void> {
  if (event.tab !== 'home') return
  await publish(context, client, event.user).catch((error: unknown) => wordsFor(context, error)) // nobody has asked anything
}

/** "Discard" on an unsent request. */
export async function discardUnsent(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    await discard(context.changes, { id: action.value ?? '', requester: body.user.id })
  } catch (error) {
    wordsFor(context, error) // the tab is drawn again in any case, and shows how things are
  }
  await publishHome(context, click)
}

/** Draws the Home tab anew for someone who clicked there; they are told if it cannot be drawn. */
export async function publishHome(context: HandlerContext, click: Click): Promise<void> {
  try {
    await publish(context, click.client, click.body.user.id)
  } catch (error) {
    wordsFor(context, error)
    await tell(context, click, NOT_DRAWN)
  }
}

const NOT_DRAWN = {
  title: 'Your Home tab may be out of date',
  text: 'We did what you selected, if it could still be done, but Slack did not let us show it.\nOpen the Home tab again in a minute.',
}

async function publish(context: HandlerContext, client: SlackClient, user: string): Promise<void> {
  const view = await renderHomeFor(context, user)
  await persist(context, () => client.views.publish({ user_id: user, view }))
}

async function renderHomeFor(context: HandlerContext, user: string) {
  const { database, register, people } = context.changes
  const standings = await Promise.all([people.mayRequest(user), people.mayApprove(user)])
  if (!standings.includes('allowed')) {
    const code = (['people-unknown', 'group-gone'] as const).find((one) => standings.includes(one)) ?? 'not-a-requester'
    return renderNoticeHome(new ChangeError(code).words)
  }
  const [unsent, waiting, recent, waits, standstill, { on: offered }] = await Promise.all([
    listRequests(database, user, ['unsent'], 10),
    listAllRequests(database, ['pending', 'approved', 'verifying'], 10),
    listAllRequests(database, ['done', 'needs-attention', 'failed', 'rejected', 'stale', 'expired', 'cancelled'], 10),
    listWaits(database, user, 4),
    findStandstill(context.changes),
    sortPlaybooks(context.changes),
  ])
  const lists = { unsent, waits, waiting, recent }
  return renderHome({ ...lists, playbooks, offered, registerUrl: register.url, viewer: user, standstill })
}
