import { ChangeError } from '../errors.ts'
import { claimOutdated, findShown, giveBack, noteOpened } from '../people/home-tabs.ts'
import { sortPlaybooks } from '../playbooks/switched-on.ts'
import { renderHome, renderHomeList } from '../views/home.ts'
import { renderNoticeHome } from '../views/kit/notice.ts'
import { persist, tell } from './answer.ts'
import { findStandstill } from './brake.ts'
import { type HandlerContext, wordsOfError } from './context.ts'
import type { Click, HomeOpened, SlackClient } from './entry-points.ts'
import { HomePlace, type HomeViewer, listsFor, readHomeList } from './home-lists.ts'

/** Shows the Home tab: what there is to do for whoever opens it. */
export async function openHome(context: HandlerContext, { event, client }: HomeOpened): Promise<void> {
  if (event.tab !== 'home') return
  await publish(context, client, event.user, ALL).catch((error: unknown) => wordsOfError(context, error)) // nobody has asked anything
}

/** "See all" of a list, and "Back to all lists". */
export async function openHomeList(context: HandlerContext, click: Click): Promise<void> {
  await click.ack()
  await turn(context, click, { list: click.action.value || null, page: 1 })
}

/** "Next page" and "Previous page" of a list. */
export async function turnHomePage(context: HandlerContext, click: Click): Promise<void> {
  await click.ack()
  const [list = '', page = ''] = (click.action.value ?? '').split(':')
  await turn(context, click, { list, page: Number(page) })
}

/** Draws the Home tab anew for someone who clicked there; they are told if it cannot be drawn. */
export async function publishHome(context: HandlerContext, click: Click): Promise<void> {
  await turn(context, click, (await findShown(context.changes.database, click.body.user.id).catch(() => null)) ?? ALL)
}

/**
 * One round of drawing the Home tab anew for those who have it open, if there is something new. What Slack refuses is
 * dropped, since the tab is drawn when it is opened, too; and Slack is left alone for as long as it asks to be. The others'
 * tabs are drawn after that.
 */
export function createHomeRound(context: HandlerContext, client: Pick<SlackClient, 'views'>): () => Promise<boolean> {
  let quietUntil = 0
  return async () => {
    if (performance.now() >= quietUntil) quietUntil = performance.now() + (await redrawHomes(context, client))
    return false
  }
}

/** Answers for how many milliseconds Slack wants no more. */
async function redrawHomes(context: HandlerContext, client: Pick<SlackClient, 'views'>): Promise<number> {
  const { database } = context.changes
  const tabs = await claimOutdated(database)
  for (const [index, { user, shows }] of tabs.entries()) {
    try {
      const view = await renderHomeFor(context, user, readPlace(shows))
      await client.views.publish({ user_id: user, view })
    } catch (error) {
      const refusal = context.readRefusal(error)
      if (!refusal) wordsOfError(context, error)
      if (!refusal?.retryAfterMs) continue
      const left = tabs.slice(index + 1).map((tab) => tab.user)
      await giveBack(database, left)
      return refusal.retryAfterMs
    }
  }
  return 0
}

const ALL: HomePlace = { list: null, page: 1 }

/** All lists, where it is no place on the Home tab. */
function readPlace(place: unknown): HomePlace {
  return HomePlace.safeParse(place).data ?? ALL
}

async function turn(context: HandlerContext, click: Click, place: unknown): Promise<void> {
  try {
    await publish(context, click.client, click.body.user.id, readPlace(place))
  } catch (error) {
    wordsOfError(context, error)
    await tell(context, click, NOT_DRAWN)
  }
}

const NOT_DRAWN = {
  title: 'Your Home tab may be out of date',
  text: 'We did what you selected, if it could still be done, but Slack did not let us show it.\nOpen the Home tab again in a minute.',
}

async function publish(context: HandlerContext, client: SlackClient, user: string, place: HomePlace): Promise<void> {
  await noteOpened(context.changes.database, user, place)
  const view = await renderHomeFor(context, user, place)
  await persist(context, () => client.views.publish({ user_id: user, view }))
}

async function renderHomeFor(context: HandlerContext, user: string, { list, page }: HomePlace) {
  const { people } = context.changes
  const [requesting, approving] = await Promise.all([people.mayRequest(user), people.mayApprove(user)])
  const viewer: HomeViewer = { user, mayRequest: requesting === 'allowed', mayApprove: approving === 'allowed' }
  if (!viewer.mayRequest && !viewer.mayApprove) {
    const standings = [requesting, approving]
    const code = (['people-unknown', 'group-gone'] as const).find((one) => standings.includes(one)) ?? 'not-a-requester'
    return renderNoticeHome(new ChangeError(code).words)
  }
  if (list) return renderHomeList(await readHomeList(context, viewer, list, page))
  const [lists, standstill, { on }] = await Promise.all([
    Promise.all(listsFor(viewer).map((name) => readHomeList(context, viewer, name, null))),
    findStandstill(context.changes),
    sortPlaybooks(context.changes),
  ])
  return renderHome({ lists, offered: viewer.mayRequest ? on : [], standstill })
}
