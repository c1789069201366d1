import type { ChangeRequest, Status } from '../../entities/chatops/change-request.ts'
import { hasJustDone } from '../../people/just-now.ts'
import type { World } from '../../world.ts'
import { cancellerOf } from '../requests.ts'

// A decision that comes twice from the same person, within a minute: it is answered as it was, and is no refusal on record.

/** Whether this person has just decided the same, so that there is nothing more to do and nothing in the way. */
export type IsSame = (request: ChangeRequest) => boolean

const APPROVED: readonly Status[] = ['approved', 'verifying', 'done', 'needs-attention']

export function sameApproval({ now }: World, actor: string, digest: string): IsSame {
  return ({ digest: approved, status, decidedBy: by, decidedAt: at }) =>
    digest === approved && APPROVED.includes(status) && hasJustDone(actor, { by, at }, now())
}

export function sameRejection({ now }: World, actor: string, reason: string | undefined): IsSame {
  return ({ status, decidedBy: by, decidedAt: at, decisionReason }) =>
    status === 'rejected' && decisionReason === reason && hasJustDone(actor, { by, at }, now())
}

/** What was never sent is discarded, not cancelled. */
export function sameCancellation({ now }: World, actor: string): IsSame {
  return (request) =>
    request.status === 'cancelled' &&
    request.sentAt !== null &&
    hasJustDone(actor, { by: cancellerOf(request), at: request.finishedAt }, now())
}
