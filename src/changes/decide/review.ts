import { isReadable, planOf } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { Review } from '../../entities/chatops/review.ts'
import { inSnapshot } from '../../entities/snapshot.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { ChangeError } from '../../errors.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import { refuse, refuseUnless } from '../../people/standing.ts'
import { isPersonal } from '../../personal-data/columns.ts'
import { findMovedTold, registersAnyone } from '../../registration/told.ts'
import type { World } from '../../world.ts'
import { asTold } from '../assess/assess.ts'
import { FOREIGN } from '../execute/unexecuted.ts'
import { isOfAnother, isOfLater } from '../other-versions.ts'
import { digestOfRequest, endAsStale, getRequest, lockRequest, type Moved, refusalFor } from '../requests.ts'
import { type Actor, checkDecision } from './decide.ts'

// What an approver is shown, which is on record: only what somebody was shown can they approve.

/**
 * Lets an approver see a request. Records that this person was shown this digest. If DTTP would be told something else
 * by now, or an earlier version of the bot made it, the request ends as out of date instead. Throws ChangeError.
 */
export async function openReview(world: World, { id, actor, viewId }: Actor & { viewId: string }) {
  const request = await checkDecision(world, { id, actor })
  if (isReadable(request) && digestOfRequest(world, request) !== request.digest) {
    return refuse(world, 'altered', actor, id)
  }
  if (isOfLater(request)) return refuse(world, 'another-version', actor, id)
  const moved = await findMovedSince(world, request)
  if (moved) {
    const { code, facts } = refusalFor(await endWhilePending(world, id, moved))
    return refuse(world, code, actor, id, facts)
  }
  await sureTransaction(world.database, async (sql) => {
    await sql.insert(Review, { changeRequestId: id, digest: request.digest, slackUser: actor, viewId })
    await appendToLedger(sql, { changeRequest: id, event: 'review-opened', actor, details: { digest: request.digest } })
  })
  return request
}

/** Why a request must not be shown any more: DTTP would be told something else than at the preview. Null if it may. */
async function findMovedSince(world: World, request: ChangeRequest): Promise<Moved | null> {
  if (isOfAnother(request)) return FOREIGN
  const plan = planOf(request)
  if (!registersAnyone(plan)) return null
  const { columns, trainees } = findMovedTold(plan, await inSnapshot(world.database, (sql) => asTold(world, sql, plan)))
  return trainees.length > 0 ? { columns, checks: [], told: trainees } : null
}

async function endWhilePending(world: World, id: string, moved: Moved): Promise<ChangeRequest> {
  return sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    return request.status === 'pending' ? endAsStale(world, sql, request, moved) : request
  })
}

/** A request that this person has open in this modal, for its other pages. Throws ChangeError `not-shown`. */
export async function getReviewed(world: World, { id, actor, viewId }: Actor & { viewId: string }) {
  await refuseUnless(world, 'mayApprove', actor, id)
  const request = await getRequest(world.database, id)
  const shown = { changeRequestId: request.id, digest: request.digest, slackUser: actor, viewId }
  if (!(await world.database.manager.existsBy(Review, shown))) throw new ChangeError('not-shown', { cr: `CR-${id}` })
  return request
}

/**
 * The same, with values of personal columns: records which were revealed, every time. Throws ChangeError where this bot shows
 * them to nobody.
 */
export async function reveal(world: World, shown: Actor & { viewId: string }) {
  await refuseUnless(world, 'mayDecide', shown.actor, shown.id)
  const request = await getReviewed(world, shown)
  if (!world.reveals) return refuse(world, 'reveal-off', shown.actor, shown.id)
  const { id: changeRequest, digest } = request
  const details = { digest, revealed: personalColumns(request) }
  await sureTransaction(world.database, (sql) =>
    appendToLedger(sql, { changeRequest, event: 'values-revealed', actor: shown.actor, details }),
  )
  return request
}

function personalColumns(request: ChangeRequest): string[] {
  return planOf(request).updates.flatMap(({ changes }) => Object.keys(changes).filter(isPersonal))
}
