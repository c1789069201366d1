import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { Job } from '../../entities/chatops/job.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { NOT_BACKED } from '../../failures/register-words.ts'
import { isApproverStanding } from '../../people/approver.ts'
import type { World } from '../../world.ts'

// A registration may wait for hours after its request was carried out: for a pause, for Register's Sidekiq, or for DTTP.

/** Nothing is sent: whoever approved the registration may approve no more. */
export class NotBacked extends JobFailed {}

/**
 * Whether the approval of a registration still counts; false where Slack does not say. Throws NotBacked if its approver may
 * approve no more. What nobody approved needs no approver.
 */
export async function isBacked(world: World, { changeRequestId: id }: Pick<Job, 'changeRequestId'>): Promise<boolean> {
  const request = id === null ? null : await world.database.manager.findOneBy(ChangeRequest, { id })
  const isStanding = request === null || (await isApproverStanding(world, request).catch(orUnknown))
  if (isStanding === false) throw new NotBacked('not-as-approved', NOT_BACKED)
  return isStanding ?? false
}

function orUnknown(error: unknown): null {
  if (error instanceof UpstreamUnavailable) return null
  throw error
}
