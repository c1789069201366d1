import type { EntityManager } from 'typeorm'
import { DttpError } from '../dttp/client/index.ts'
import { ChangeRequest, type Postcondition } from '../entities/chatops/change-request.ts'
import { canonical } from '../entities/json.ts'
import { getPlaybook } from '../playbooks/index.ts'
import { checksOf, planOf } from '../playbooks/plan.ts'
import type { Executed } from '../playbooks/playbook.ts'
import { inSnapshot } from './assess.ts'
import type { ChangesContext } from './context.ts'
import { appendToLedger, THE_BOT } from './ledger.ts'
import { announce } from './outbox.ts'
import { getRequest, lockRequest } from './requests.ts'

const LOOKED_AT: readonly ChangeRequest['status'][] = ['verifying', 'needs-attention']

/**
 * Looks at the result of a committed change: right after the commit, and once more a minute later, since Rails may hold
 * an old copy of the row and write it back over ours. Ends in `done`, or in `needs-attention` naming what does not hold.
 * Where jobs decide, it is looked at for a day even then, so that its card does not stay behind what they bring.
 */
export async function verify(context: ChangesContext, id: string): Promise<void> {
  const request = await getRequest(context.database, id)
  if (request.plan === null || request.executedAt === null || !LOOKED_AT.includes(request.status)) return
  const verified = await look(context, request)
  await context.database.transaction(async (sql) => {
    const current = await lockRequest(sql, id)
    if (current.status === 'needs-attention') return lookAgain(context, sql, current, verified)
    if (current.status !== 'verifying') return
    const next = nextStatus(context, current, verified)
    // A job that ended meanwhile has asked for another look.
    const isAskedFor = current.nextVerifyAt?.getTime() !== request.nextVerifyAt?.getTime()
    const again = (isAskedFor && current.nextVerifyAt) || nextLook(context, current, verified)
    if (next === 'verifying' && canonical(verified) === canonical(current.outcome.verified ?? null)) {
      await sql.update(ChangeRequest, { id, status: next }, { nextVerifyAt: again })
      return
    }
    const outcome = {
      ...current.outcome,
      verified,
      ...(next === 'needs-attention' ? { problem: problemOf(verified) } : {}),
    }
    await sql.update(
      ChangeRequest,
      { id, status: 'verifying' },
      {
        status: next,
        outcome,
        nextVerifyAt: next === 'verifying' ? again : laterLook(context, current, next, verified),
      },
    )
    await announce(sql, id, next === 'verifying' ? [] : ['notice'])
    await appendToLedger(sql, {
      changeRequest: id,
      event: next === 'verifying' ? 'verified' : next,
      actor: THE_BOT,
      details: { held: verified.filter(({ holds }) => holds).length, of: verified.length },
    })
  })
}

/** Needs attention, and goes on needing it; only what its card says changes. */
async function lookAgain(
  context: ChangesContext,
  sql: EntityManager,
  current: ChangeRequest,
  verified: readonly Postcondition[],
): Promise<void> {
  const { id, status } = current
  const nextVerifyAt = laterLook(context, current, status, verified)
  if (canonical([...verified]) === canonical(current.outcome.verified ?? null)) {
    await sql.update(ChangeRequest, { id, status }, { nextVerifyAt })
    return
  }
  const problem = verified.every(({ holds }) => holds) ? CAME_TRUE : problemOf(verified)
  await sql.update(
    ChangeRequest,
    { id, status },
    { outcome: { ...current.outcome, verified: [...verified], problem }, nextVerifyAt },
  )
  await announce(sql, id)
  await appendToLedger(sql, {
    changeRequest: id,
    event: 'verified',
    actor: THE_BOT,
    details: { held: verified.filter(({ holds }) => holds).length, of: verified.length },
  })
}

const CAME_TRUE =
  'It took longer than it should have, but by now the result is as approved. There is nothing left to do.'

/** What the playbook says of the result, once other systems were asked. Nobody waits for one that does not answer. */
async function look(context: ChangesContext, request: ChangeRequest): Promise<Postcondition[]> {
  const { after, verifyAfter } = getPlaybook(request.playbook)
  const plan = planOf(request)
  const executed: Executed = {
    changeRequest: request.id,
    executedAt: request.executedAt ?? context.now(),
    evidence: Object.fromEntries(checksOf(request).map(({ id, evidence }) => [id, evidence])),
    answered: null,
  }
  if (!after) return inSnapshot(context.database, (sql) => verifyAfter(sql, plan, executed))
  const about = await inSnapshot(context.database, (sql) => after.about(sql, plan, executed))
  const answered = await after.ask(about, context.upstreams).catch((error: unknown) => {
    if (error instanceof DttpError) return null
    throw error
  })
  return inSnapshot(context.database, (sql) => verifyAfter(sql, plan, { ...executed, answered }))
}

/** Something that is still under way is looked at again and again, until the playbook's deadline. */
const WAITING_LOOK_MS = 30_000

function nextLook(context: ChangesContext, request: ChangeRequest, verified: readonly Postcondition[]): Date {
  const settled = (request.executedAt ?? context.now()).getTime() + context.verifyAgainAfter
  const waiting = verified.some(isWaiting) ? context.now().getTime() + WAITING_LOOK_MS : 0
  return new Date(Math.max(settled, waiting))
}

const LATER_LOOK_MS = 10 * 60_000
const FOLLOWED_MS = 24 * 60 * 60_000

/** When a result that needs attention is looked at again; null for not any more. */
function laterLook(
  context: ChangesContext,
  { playbook, executedAt }: ChangeRequest,
  status: ChangeRequest['status'],
  verified: readonly Postcondition[],
): Date | null {
  const now = context.now().getTime()
  const isOver = verified.every(({ holds }) => holds) || now > (executedAt?.getTime() ?? 0) + FOLLOWED_MS
  if (status !== 'needs-attention' || isOver || !getPlaybook(playbook).settlesWithin) return null
  return new Date(now + LATER_LOOK_MS)
}

function nextStatus(context: ChangesContext, request: ChangeRequest, verified: readonly Postcondition[]) {
  const executed = request.executedAt?.getTime() ?? 0
  const deadline = executed + (getPlaybook(request.playbook).settlesWithin ?? 0)
  const mayWait = context.now().getTime() < deadline
  if (verified.some((one) => !one.holds && !(mayWait && isWaiting(one)))) return 'needs-attention'
  if (verified.some(isWaiting)) return 'verifying'
  return context.now().getTime() >= executed + context.verifyAgainAfter ? 'done' : 'verifying'
}

function isWaiting({ holds, waiting }: Postcondition): boolean {
  return !holds && waiting === true
}

function problemOf(verified: readonly Postcondition[]): string {
  const lost = verified.filter(({ holds }) => !holds)
  const [problem] = lost.flatMap(({ problem }) => problem ?? [])
  if (problem) return problem
  const what = 'The change was made, but the result is not as it should be'
  return verified.length > 1 ? `${what}.` : `${what}: ${lost.map(({ found }) => found).join(' ')}`
}
