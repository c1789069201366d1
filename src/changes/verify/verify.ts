import { findUnsafe } from '../../compatibility/look.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { AnyPlaybook, Executed } from '../../contract/playbook.ts'
import { checksOf, isReadable, planOf } from '../../contract/stored.ts'
import { DttpError } from '../../dttp/client/index.ts'
import { ChangeRequest, type Postcondition } from '../../entities/chatops/change-request.ts'
import { canonical } from '../../entities/json.ts'
import { inSnapshot } from '../../entities/snapshot.ts'
import { runsHere } from '../../jobs/start/runner.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { getPlaybook } from '../../playbooks/index.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { isAsApproved, stillKnown } from '../attention.ts'
import { isLeftToOthers } from '../other-versions.ts'
import { getRequest, lockRequest } from '../requests.ts'
import { stepsOf } from '../steps/manual-steps.ts'

type Looked = Extract<ChangeRequest['status'], 'verifying' | 'needs-attention' | 'done'>

function isLookedAt({ status, plan, executedAt }: ChangeRequest): boolean {
  return plan !== null && executedAt !== null && (status === 'verifying' || status === 'needs-attention')
}

/**
 * Looks at the result of a committed change right after the commit and once more a minute later, since Rails may hold
 * an old copy of the row and write it back over ours. The request ends as `done`, or as `needs-attention` with what
 * does not hold. If its jobs decide that, the result is looked at for another day, so that the card shows what they
 * bring.
 */
export async function verify(world: World, id: string): Promise<void> {
  const request = await getRequest(world.database, id)
  if (!isLookedAt(request)) return
  if ((await findUnsafe(world.database, runsHere(world), request.playbook)).length > 0) return // its lease has it looked at again in a minute
  const isRead = isReadable(request)
  // A later version carries out what this one cannot read, and looks at it, too, while both run.
  if (!isRead && isLeftToOthers(world, request.executedAt ?? request.createdAt)) return
  const verified = isRead ? await look(world, request) : [CANNOT_LOOK]
  await world.database.transaction(async (sql) => {
    const current = await lockRequest(sql, id)
    if (!isLookedAt(current)) return
    const { status: was } = current
    const next = was === 'verifying' ? nextStatus(world, current, verified) : 'needs-attention'
    // A job that ended meanwhile has asked for another look.
    const isAskedFor = current.nextVerifyAt?.getTime() !== request.nextVerifyAt?.getTime()
    const nextVerifyAt = (isAskedFor && current.nextVerifyAt) || nextLook(world, current, next, verified)
    if (next === was && canonical(verified) === canonical(current.outcome.verified ?? null)) {
      const outcome = { ...current.outcome, build: world.build }
      await sql.update(ChangeRequest, { id, status: was }, { nextVerifyAt, outcome })
      return
    }
    const problem = next === 'needs-attention' ? { problem: problemOf(verified) } : {}
    const known = isSettledByPeople(current) ? stillKnown(verified, current.outcome, world) : null
    const outcome = { ...current.outcome, build: world.build, verified, ...problem, dealtWith: known ?? undefined }
    const dealt = next === 'needs-attention' ? dealtWith(world, current, { verified, known }) : {}
    const isNews = next !== was || (isSettledByPeople(current) && dealt.dealtAt === null)
    await sql.update(ChangeRequest, { id, status: was }, { status: next, outcome, nextVerifyAt, ...dealt })
    await announce(sql, id, isNews ? partsOf(current) : [])
    await appendToLedger(sql, {
      changeRequest: id,
      event: next === 'verifying' || !isNews ? 'verified' : next,
      actor: THE_BOT,
      details: { held: verified.filter(({ holds }) => holds).length, of: verified.length },
    })
  })
}

/** What came of it; and, where an earlier version of the bot has left that to this look, what is left to do by hand. */
function partsOf(request: ChangeRequest): ('outcome' | 'steps')[] {
  const { status, outcome } = request
  const isFirst = status === 'verifying' && outcome.stepsFollow === true && isReadable(request)
  const steps = isFirst ? stepsOf(planOf(request), outcome.advice ?? null) : []
  return steps.some(({ neededUntil }) => neededUntil === null) ? ['outcome', 'steps'] : ['outcome']
}

/** Another version of the bot carried it out, or somebody altered its row. */
const CANNOT_LOOK: Postcondition = {
  sentence: 'The result can be looked at',
  holds: false,
  silent: true,
  found: 'This version of the bot cannot read what was approved. A developer must look at the record.',
}

/**
 * What the playbook says of the result, after other systems were asked. A system that does not answer counts as no
 * answer.
 */
async function look(world: World, request: ChangeRequest): Promise<Postcondition[]> {
  const { settles } = getPlaybook(request.playbook)
  const executed: Executed = {
    changeRequest: request.id,
    executedAt: request.executedAt ?? world.now(),
    plan: planOf(request),
    evidence: Object.fromEntries(checksOf(request).map(({ id, evidence }) => [id, evidence])),
  }
  if (!settles) return inSnapshot(world.database, async (sql) => [await columnsHold(sql, executed.plan)])
  const answers = settles.ask ? await askAbout(world, settles.ask, executed) : null
  return inSnapshot(world.database, (sql) => settles.look(sql, executed, answers))
}

/** Null where DTTP does not answer. */
async function askAbout(
  { database, upstreams }: World,
  { about, ask }: NonNullable<NonNullable<AnyPlaybook['settles']>['ask']>,
  executed: Executed,
): Promise<unknown> {
  const question: unknown = await inSnapshot(database, (sql) => about(sql, executed))
  return ask(question, upstreams).catch((error: unknown) => {
    if (error instanceof DttpError) return null
    throw error
  })
}

/** Something that is still under way is looked at again and again, until the playbook's deadline. */
const WAITING_LOOK_MS = 30_000

/** A result that needs attention is looked at again this often, and for this long. */
const LATER_LOOK_MS = 10 * 60_000
const FOLLOWED_MS = 24 * 60 * 60_000

/** When a result is looked at again; null for not any more. */
function nextLook(
  world: World,
  { playbook, executedAt }: ChangeRequest,
  status: Looked,
  verified: readonly Postcondition[],
): Date | null {
  const now = world.now().getTime()
  const executed = executedAt?.getTime() ?? now
  if (status === 'done') return null
  if (status === 'verifying') {
    const waiting = verified.some(isWaiting) ? now + WAITING_LOOK_MS : 0
    return new Date(Math.max(executed + world.verifyAgainAfter, waiting))
  }
  const isOver = isAsApproved(verified) || now > executed + FOLLOWED_MS
  return isOver || !getPlaybook(playbook).settles?.within ? null : new Date(now + LATER_LOOK_MS)
}

function nextStatus(world: World, request: ChangeRequest, verified: readonly Postcondition[]): Looked {
  const executed = request.executedAt?.getTime() ?? 0
  const deadline = executed + (getPlaybook(request.playbook).settles?.within ?? 0)
  const later = verified.flatMap((one) => (isWaiting(one) && one.until ? Date.parse(one.until) : []))
  const mayWait = world.now().getTime() < Math.max(deadline, ...later)
  if (verified.some((one) => !one.holds && !(mayWait && isWaiting(one)))) return 'needs-attention'
  if (verified.some(isWaiting)) return 'verifying'
  return world.now().getTime() >= executed + world.verifyAgainAfter ? 'done' : 'verifying'
}

type Dealt = Partial<Pick<ChangeRequest, 'dealtAt' | 'dealtBy'>>

/**
 * What the bot says of whether a request is dealt with. What a person has said stands until something else is wrong.
 * @param known what they know to be wrong; null if nobody has dealt with it, or something else is wrong
 */
function dealtWith(
  world: World,
  { dealtAt, dealtBy }: ChangeRequest,
  { verified, known }: { verified: readonly Postcondition[]; known: string[] | null },
): Dealt {
  if (isAsApproved(verified)) return dealtAt === null ? { dealtAt: world.now(), dealtBy: THE_BOT } : {}
  return dealtBy === null || known !== null ? {} : { dealtAt: null, dealtBy: null }
}

function isSettledByPeople({ dealtBy }: ChangeRequest): boolean {
  return dealtBy !== null && dealtBy !== THE_BOT
}

function isWaiting({ holds, waiting }: Postcondition): boolean {
  return !holds && waiting === true
}

const CAME_TRUE =
  'It took longer than it should have, but by now the result is as approved. There is nothing left to do.'

function problemOf(verified: readonly Postcondition[]): string {
  const lost = verified.filter(({ holds }) => !holds)
  if (lost.length === 0) return CAME_TRUE
  const [problem] = lost.flatMap(({ problem }) => problem ?? [])
  if (problem) return problem
  const what = 'The change was made, but the result is not as it should be'
  return verified.length > 1 ? `${what}.` : `${what}: ${lost.map(({ found }) => found).join(' ')}`
}
