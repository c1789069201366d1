import { discard } from '../changes/propose.ts'
import { listAllRequests, listRequests } from '../changes/requests.ts'
import { ChangeError } from '../errors.ts'
import { playbooks } from '../playbooks/index.ts'
import { listWaits } from '../schools/waits.ts'
import { renderHome } from '../views/home.ts'
import { renderNoticeHome } from '../views/kit/notice.ts'
import { type HandlerContext, wordsFor } from './context.ts'
import type { Click, HomeOpened, SlackClient } from './entry-points.ts'

/** Shows the Home tab: what one has not sent yet, what waits for approval, what ended lately. */
export async function openHome(context: HandlerContext, { event, client }: HomeOpened): Promise<void> {
  if (event.tab === 'home') await publishHome(context, client, event.user)
}

/** "Discard" on an unsent request. */
export async function discardUnsent(context: HandlerContext, { ack, action, body, client }: Click): Promise<void> {
  await ack()
  try {
    await discard(context.changes, { id: action.value ?? '', requester: body.user.id })
  } catch (error) {
    wordsFor(context, error) // the tab is drawn again in any case, and shows how things are
  }
  await publishHome(context, client, body.user.id)
}

/** Draws someone's Home tab anew. */
export async function publishHome(context: HandlerContext, client: SlackClient, user: string): Promise<void> {
  const { database, register, people } = context.changes
  const standings = await Promise.all([people.mayRequest(user), people.mayApprove(user)])
  if (!standings.includes('allowed')) {
    const code = standings.includes('people-unknown') ? 'people-unknown' : 'not-a-requester'
    const view = renderNoticeHome(new ChangeError(code).words)
    return void (await client.views.publish({ user_id: user, view }))
  }
  const [unsent, waiting, recent, waits] = await Promise.all([
    listRequests(database, user, ['unsent'], 10),
    listAllRequests(database, ['pending', 'approved', 'verifying'], 10),
    listAllRequests(database, ['done', 'needs-attention', 'failed', 'rejected', 'stale', 'expired', 'cancelled'], 10),
    listWaits(database, user, 4),
  ])
  const view = renderHome({ unsent, waits, waiting, recent, playbooks, registerUrl: register.url, viewer: user })
  await client.views.publish({ user_id: user, view })
}
