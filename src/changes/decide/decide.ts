import { formatDateTime } from '../../calendar/london.ts'
import { findAbout } from '../../contract/about.ts'
import { inverse } from '../../contract/plan.ts'
import { planOf } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { Review } from '../../entities/chatops/review.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { ChangeError } from '../../errors.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import { refuse, refuseUnless } from '../../people/standing.ts'
import { refuseWhereOff } from '../../playbooks/switched-on.ts'
import { findPersonalDataAbout } from '../../schools/named.ts'
import type { World } from '../../world.ts'
import { announce, hintExecution } from '../announce.ts'
import { isOfAnother } from '../other-versions.ts'
import { digestOfRequest, getRequest, lockRequest, refusalFor } from '../requests.ts'
import { type IsSame, sameApproval, sameCancellation, sameRejection } from './same.ts'

// Decisions about a request. However somebody asks for one, it is made here. Self-approval is refused before anything
// else is looked at, without exemption.

/** A request, by number, and who wants to do something with it. */
export type Actor = { id: string; actor: string }

/** What an approval must match: this person was shown this digest in this modal. */
type Shown = { digest: string; viewId: string }

/** As a rule a request is done within this time, and its card is then drawn once. */
const SOON_DONE_MS = 1_000

/**
 * Approves a request. If two people approve at once, the second is told who was first; a window that is sent twice comes to
 * the same as the first time. Only submitting the review leads here.
 */
export async function approve(
  world: World,
  { id, actor, digest, viewId, understood }: Actor & Shown & { understood?: boolean },
) {
  const isSame = sameApproval(world, actor, digest)
  await refuseUnlessDecidable(world, { id, actor }, 'own-request', isSame)
  const act: Act = async (sql, request, now) => {
    const shown = await sql.existsBy(Review, { changeRequestId: id, digest: request.digest, slackUser: actor, viewId })
    if (!shown || digest !== request.digest) return { refusal: { code: 'not-shown' } }
    if (isOfAnother(request)) return { refusal: { code: 'another-version' } }
    if (digestOfRequest(world, request) !== digest) return { refusal: { code: 'altered' } }
    if (understood === false && 'refused' in inverse(planOf(request))) return { refusal: { code: 'not-shown' } }
    const decision = { status: 'approved', decidedBy: actor, decidedAt: now } as const
    await sql.update(ChangeRequest, { id, status: 'pending' }, decision)
    await hintExecution(sql, id, now, { cardAfter: SOON_DONE_MS })
    await appendToLedger(sql, { changeRequest: id, event: 'approved', actor, details: { digest, viewId } })
    return { decision }
  }
  return decide(world, { id, actor }, act, { isSame })
}

/** Whether this person may decide on this request now; throws ChangeError if not. */
export async function checkDecision(world: World, asked: Actor): Promise<ChangeRequest> {
  return refuseUnlessDecidable(world, asked, 'own-request')
}

/**
 * Whether this person may reject this request now; throws ChangeError if not.
 * @param reason where it is sent: that this person has just rejected it for the same reason is no obstacle
 */
export async function checkRejection(world: World, asked: Actor & { reason?: string }): Promise<ChangeRequest> {
  return refuseUnlessDecidable(world, asked, 'own-rejection', sameRejection(world, asked.actor, asked.reason))
}

/**
 * What a reason gives away about a trainee, or null. It is checked for whom it speaks of, for whom the request is about, or
 * takes back, for everyone whose job it starts, and for those who wait for their schools.
 */
export async function findPersonalDataIn(world: World, id: string, text: string): Promise<string | null> {
  const { manager } = world.database
  return findPersonalDataAbout(manager, await findAbout(manager, await getRequest(world.database, id)), text)
}

/** Rejects with a reason, which everyone in the channel can read. */
export async function reject(world: World, { id, actor, reason }: Actor & { reason: string }) {
  await checkRejection(world, { id, actor, reason })
  const act: Act = async (sql, _request, now) => {
    const decision = { status: 'rejected', decidedBy: actor, decidedAt: now, decisionReason: reason } as const
    await sql.update(ChangeRequest, { id, status: 'pending' }, decision)
    await announce(sql, id, ['outcome'])
    await appendToLedger(sql, { changeRequest: id, event: 'rejected', actor })
    return { decision }
  }
  return decide(world, { id, actor }, act, { isSame: sameRejection(world, actor, reason) })
}

/**
 * Takes a request back: its requester can, and once it is approved any approver can, too, until it is carried out. An
 * execution under way holds the request: whoever cancels waits for it, and is told.
 */
export async function cancel(world: World, { id, actor }: Actor) {
  const { requester, status } = await getRequest(world.database, id)
  const isDecided = status !== 'unsent' && status !== 'pending'
  if (requester !== actor && !isDecided) return refuse(world, 'not-requester', actor, id)
  if (requester !== actor) await refuseUnless(world, 'mayDecide', actor, id)
  return decide(
    world,
    { id, actor },
    async (sql, request, now) => {
      const was = request.status
      const wasApproved = was === 'approved'
      const outcome = wasApproved ? { outcome: { ...request.outcome, cancelledBy: actor } } : {}
      const decision = { status: 'cancelled', finishedAt: now, ...outcome } as const
      await sql.update(ChangeRequest, { id, status: was }, decision)
      await announce(sql, id, wasApproved ? ['outcome'] : [])
      await appendToLedger(sql, { changeRequest: id, event: 'cancelled', actor, details: { was } })
      return { decision }
    },
    {
      isSame: sameCancellation(world, actor),
      findWhyNot: (request) => (request.status === 'approved' ? null : findObstacle(world, request)),
    },
  )
}

async function refuseUnlessDecidable(
  world: World,
  { id, actor }: Actor,
  own: 'own-request' | 'own-rejection',
  isSame: IsSame = () => false,
): Promise<ChangeRequest> {
  const request = await getRequest(world.database, id)
  if (request.requester === actor) return refuse(world, own, actor, id)
  await refuseUnless(world, 'mayDecide', actor, id)
  const isOwn = await world.people.areOne(actor, request.requester)
  if (isOwn !== false) return refuse(world, isOwn ? own : 'people-unknown', actor, id)
  const problem = findObstacle(world, request)
  if (problem && isSame(request)) return request
  if (problem) return refuse(world, problem.code, actor, id, problem.facts)
  if (own === 'own-request') await refuseWhereOff(world, request.playbook, actor, id)
  return request
}

type Refusal = { code: ChangeError['code']; facts?: ChangeError['facts'] }

function findObstacle(world: World, request: ChangeRequest): Refusal | null {
  if (request.status !== 'pending') return refusalFor(request)
  if (request.expiresAt && request.expiresAt <= world.now()) {
    return { code: 'expired', facts: { when: formatDateTime(request.expiresAt) } }
  }
  return null
}

type Act = (sql: World['database']['manager'], request: ChangeRequest, now: Date) => Promise<Decided>

type Decided = { refusal: Refusal } | { decision: Pick<ChangeRequest, 'status'> & Partial<ChangeRequest> }

/**
 * Claims the request under lock and then acts; a refusal is committed to the ledger before it is thrown. Answers the request
 * with its decision.
 * @param act appends to the ledger last, so nothing is read after it
 * @param findWhyNot what is in the way; unless given, that nobody can approve or reject it any more
 * @param isSame whether that is what this person has just done
 */
async function decide(
  world: World,
  { id, actor }: Actor,
  act: Act,
  {
    isSame,
    findWhyNot = (request) => findObstacle(world, request),
  }: { isSame: IsSame; findWhyNot?: (request: ChangeRequest) => Refusal | null },
): Promise<ChangeRequest> {
  const { request, decided } = await sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    const obstacle = findWhyNot(request)
    if (obstacle && isSame(request)) return { request, decided: { decision: request } }
    const decided = obstacle ? { refusal: obstacle } : await act(sql, request, world.now())
    if ('refusal' in decided) {
      const details = { because: decided.refusal.code }
      await appendToLedger(sql, { changeRequest: id, event: 'refused', actor, details })
    }
    return { request, decided }
  })
  if ('refusal' in decided) throw new ChangeError(decided.refusal.code, { cr: `CR-${id}`, ...decided.refusal.facts })
  return { ...request, ...decided.decision }
}
