import type { EntityManager } from 'typeorm'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import type { World } from '../../world.ts'

/** Nothing shows that a second person read the request and approved it as it is. */
export class NotApproved extends Error {}

/**
 * Looks for what makes an execution legal, in its own transaction: the approver was shown this digest in a review, and
 * the ledger has their approval of it from that review. A row that only says "approved" is not enough. Throws
 * NotApproved.
 */
export async function demandApproval(sql: EntityManager, request: ChangeRequest): Promise<void> {
  const { id, digest, requester, decidedBy } = request
  const [found] = await sql.query<{ approved: boolean }[]>(APPROVED, [id, digest, requester, decidedBy])
  if (!found?.approved) throw new NotApproved('there is no approval of this digest on record')
}

/** Within this time an approval is carried out, unless it waits for a pause, a deploy or another system. */
const SOON_MS = 5 * 60_000

/** Whether so much time has passed since the approval that its approver must be asked about again. */
export function hasWaited(world: World, { decidedAt }: ChangeRequest): boolean {
  return decidedAt !== null && world.now().getTime() - decidedAt.getTime() >= SOON_MS
}

/**
 * Whether whoever approved a request may still approve: they may have been taken out of the group because of what they
 * approved. Asks Slack, so never call it inside a transaction. Throws UpstreamUnavailable where Slack does not say.
 */
export async function isApproverStanding({ people }: World, { decidedBy }: ChangeRequest): Promise<boolean> {
  if (decidedBy === null) return true // the transaction looks for the approval, and finds none
  const standing = await people.mayDecide(decidedBy)
  if (standing === 'people-unknown' || standing === 'group-gone') throw new UpstreamUnavailable('Slack')
  return standing === 'allowed'
}

const APPROVED = `
  SELECT EXISTS (
    SELECT FROM chatops.ledger approval
    JOIN chatops.reviews review
      ON review.change_request_id = approval.change_request_id AND review.slack_user = approval.actor
        AND review.digest = approval.details ->> 'digest' AND review.view_id = approval.details ->> 'viewId'
    WHERE approval.change_request_id = $1 AND approval.event = 'approved'
      AND approval.details ->> 'digest' = $2 AND approval.actor = $4 AND approval.actor <> $3
  ) AS approved`
