import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { MOST_COUNTED, type Page, type Wanted } from '../../pages.ts'
import type { World } from '../../world.ts'
import { NEEDS_ATTENTION } from '../attention.ts'
import { LATELY_MS, readPage } from './find-requests.ts'

/**
 * The lists of requests on the Home tab, each for one person: what others have sent that waits for an approver, what of
 * others goes on, what needs attention, one's own that is open, and what has ended lately.
 */
export const WORK_LISTS = ['to-approve', 'going-on', 'attention', 'mine', 'finished'] as const
export type WorkList = (typeof WORK_LISTS)[number]

/** A page of one list. It is read in the same time however many requests there are. */
export async function readWork(
  { database, now }: Pick<World, 'database' | 'now'>,
  viewer: string,
  list: WorkList,
  wanted: Wanted,
): Promise<Page<ChangeRequest>> {
  const { where, order } = LISTS[list]
  const values = { mine: [viewer], others: [viewer], lately: [new Date(now().getTime() - LATELY_MS)], all: [] }
  const rows = await database.query<{ id: string }[]>(
    `SELECT id FROM chatops.change_requests WHERE ${where} ORDER BY ${order} LIMIT ${MOST_COUNTED + 1}`,
    values[LISTS[list].of],
  )
  return readPage(
    database,
    rows.map(({ id }) => id),
    wanted,
  )
}

/** Each has an index. `$1` is who looks, or since when. */
const LISTS = {
  'to-approve': { of: 'others', where: `status = 'pending' AND requester <> $1`, order: 'expires_at, id' },
  'going-on': {
    of: 'others',
    where: `status IN ('approved', 'verifying') AND requester <> $1`,
    order: 'decided_at, id',
  },
  attention: { of: 'all', where: NEEDS_ATTENTION, order: 'finished_at DESC, id DESC' },
  mine: { of: 'mine', where: 'requester = $1 AND finished_at IS NULL', order: 'expires_at NULLS FIRST, id DESC' },
  finished: {
    of: 'lately',
    where: `finished_at > $1 AND finished_at IS NOT NULL AND sent_at IS NOT NULL AND NOT ${NEEDS_ATTENTION}`,
    order: 'finished_at DESC, id DESC',
  },
} as const satisfies Record<WorkList, { of: 'mine' | 'others' | 'lately' | 'all'; where: string; order: string }>
