import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { UpstreamUnavailable } from '../errors.ts'
import type { World } from '../world.ts'

// Whoever approved a request may have lost that right since, perhaps because of what they approved.

/** Within this time what was approved is done, unless it waits for a pause, a deploy or another system. */
const SOON_MS = 5 * 60_000

type Decided = Pick<ChangeRequest, 'decidedAt' | 'decidedBy'>

/**
 * Whether the approval of a request still counts: it was given just now, or whoever gave it may still approve. Asks Slack, so
 * never call it inside a transaction. Throws UpstreamUnavailable where Slack does not say.
 */
export async function isApproverStanding(world: World, request: Decided): Promise<boolean> {
  if (request.decidedBy === null || !hasWaited(world, request)) return true
  const standing = await world.people.mayDecide(request.decidedBy)
  if (standing === 'people-unknown' || standing === 'group-gone') throw new UpstreamUnavailable('Slack')
  return standing === 'allowed'
}

/** Whether so much time has passed since the approval that its approver must be asked about again. */
export function hasWaited({ now }: Pick<World, 'now'>, { decidedAt }: Pick<Decided, 'decidedAt'>): boolean {
  return decidedAt !== null && now().getTime() - decidedAt.getTime() >= SOON_MS
}
