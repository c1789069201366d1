import * as z from 'zod'
import { readOpenAlerts } from '../alerts/sight/open.ts'
import { readWork, WORK_LISTS, type WorkList } from '../changes/lists/work-lists.ts'
import { readOpenSteps } from '../changes/steps/manual-steps.ts'
import type { Wanted } from '../pages.ts'
import { readWaits } from '../schools/list-waits.ts'
import { type HomeList, ROWS_AT_FIRST, ROWS_PER_PAGE, renderAlertRow } from '../views/home.ts'
import { renderRow } from '../views/request/requests.ts'
import { renderStepRow } from '../views/request/steps.ts'
import { renderOthersWait, renderWaits } from '../views/school/wait.ts'
import type { HandlerContext } from './context.ts'

/** Who looks at the Home tab, and what they may do. */
export type HomeViewer = { user: string; mayRequest: boolean; mayApprove: boolean }

const NAMES = [...WORK_LISTS, 'alerts', 'waits', 'steps'] as const
type Name = (typeof NAMES)[number]

/** What somebody sees of their Home tab: all lists, or a page of one. */
export const HomePlace = z.object({ list: z.enum(NAMES).nullable(), page: z.number().int().min(1).max(1_000) })
export type HomePlace = z.output<typeof HomePlace>

const TITLES: Readonly<Record<Name, string>> = {
  'to-approve': 'Waiting for approval',
  'going-on': 'Being carried out',
  attention: 'Needs attention',
  alerts: 'Open alerts',
  waits: 'Waiting for a school',
  mine: 'Your requests',
  steps: 'To do by hand',
  finished: 'Finished in the last 14 days',
}

const NONE: Readonly<Partial<Record<Name, string>>> = {
  'to-approve': 'Nothing is waiting for your approval.',
  mine: 'You have no open requests.',
}

/** Who approves nothing is told nothing of what others might ask for. */
function noneOf(name: Name, { mayApprove }: HomeViewer): string | null {
  return name === 'to-approve' && !mayApprove ? null : (NONE[name] ?? null)
}

/** The lists that concern somebody, the most urgent first: an approver decides, a requester sees how their own stand. */
export function listsFor({ mayRequest, mayApprove }: HomeViewer): Name[] {
  const decide: Name[] = ['to-approve', 'attention', 'alerts', 'steps']
  const rest: Name[] = ['waits', 'going-on', 'finished']
  if (!mayRequest) return [...decide, ...rest]
  if (!mayApprove) return ['mine', 'attention', 'steps', 'alerts', 'waits', 'to-approve', 'going-on', 'finished']
  return [...decide, 'mine', ...rest]
}

/** A list as it is now. `page` is null on the view of all lists. */
export async function readHomeList(
  context: HandlerContext,
  viewer: HomeViewer,
  name: Name,
  page: number | null,
): Promise<HomeList> {
  const wanted = { page: page ?? 1, perPage: page === null ? ROWS_AT_FIRST : ROWS_PER_PAGE }
  const { items, ...found } = await readItems(context, viewer, name, wanted)
  return { name, title: TITLES[name], none: noneOf(name, viewer), rows: items, ...found }
}

async function readItems({ changes, permalink }: HandlerContext, viewer: HomeViewer, name: Name, wanted: Wanted) {
  if (name === 'alerts') {
    const found = await readOpenAlerts(changes.database, wanted)
    return {
      ...found,
      items: found.items.map((sight) => renderAlertRow(sight, permalink(sight.alert.channel, sight.alert.cardTs))),
    }
  }
  if (name === 'steps') {
    const found = await readOpenSteps(changes.database, viewer.user, wanted)
    const row = (open: (typeof found.items)[number]) =>
      renderStepRow(open, permalink(open.request.channel, open.request.cardTs))
    return { ...found, items: found.items.map(row) }
  }
  if (name === 'waits') {
    const found = await readWaits(changes.database, viewer.user, wanted)
    const row = (wait: (typeof found.items)[number]) =>
      wait.requester === viewer.user ? renderWaits([wait]) : renderOthersWait(wait)
    return { ...found, items: found.items.map(row) }
  }
  return readRequests({ changes, permalink }, viewer, name, wanted)
}

async function readRequests(
  { changes, permalink }: Pick<HandlerContext, 'changes' | 'permalink'>,
  { user, mayApprove }: HomeViewer,
  name: WorkList,
  wanted: Wanted,
) {
  const found = await readWork(changes, user, name, wanted)
  const viewing = { viewer: user, mayApprove, registerUrl: changes.register.url, permalink }
  return { ...found, items: found.items.map((request) => renderRow(request, viewing)) }
}
