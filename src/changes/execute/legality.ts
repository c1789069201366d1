import type { EntityManager } from 'typeorm'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'

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

const APPROVED = `
  SELECT EXISTS (
    SELECT FROM chatops.ledger approval
    JOIN chatops.reviews review
      ON review.change_request_id = approval.change_request_id AND review.slack_user = approval.actor
        AND review.digest = approval.details ->> 'digest' AND review.view_id = approval.details ->> 'viewId'
    WHERE approval.change_request_id = $1 AND approval.event = 'approved'
      AND approval.details ->> 'digest' = $2 AND approval.actor = $4 AND approval.actor <> $3
  ) AS approved`
