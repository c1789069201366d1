import { ChangeRequest, type Postcondition } from '../entities/chatops/change-request.ts'
import { getPlaybook } from '../playbooks/index.ts'
import { planOf } from '../playbooks/plan.ts'
import { inSnapshot } from './assess.ts'
import type { ChangesContext } from './context.ts'
import { appendToLedger, THE_BOT } from './ledger.ts'
import { announce } from './outbox.ts'
import { getRequest, lockRequest } from './requests.ts'

/**
 * Looks at the result of a committed change: right after the commit, and once more a minute later, since Rails may hold
 * an old copy of the row and write it back over ours. Ends in `done`, or in `needs-attention` naming what does not hold.
 */
export async function verify(context: ChangesContext, id: string): Promise<void> {
  const request = await getRequest(context.database, id)
  if (request.status !== 'verifying') return
  const playbook = getPlaybook(request.playbook)
  const verified = await inSnapshot(context.database, (sql) => playbook.verifyAfter(sql, planOf(request)))
  await context.database.transaction(async (sql) => {
    const current = await lockRequest(sql, id)
    if (current.status !== 'verifying') return
    const next = nextStatus(context, current, verified)
    const again = new Date((current.executedAt ?? context.now()).getTime() + context.verifyAgainAfter)
    const outcome = {
      ...current.outcome,
      verified,
      ...(next === 'needs-attention' ? { problem: problemOf(verified) } : {}),
    }
    await sql.update(
      ChangeRequest,
      { id, status: 'verifying' },
      { status: next, outcome, nextVerifyAt: next === 'verifying' ? again : null },
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

function nextStatus(context: ChangesContext, request: ChangeRequest, verified: readonly Postcondition[]) {
  if (verified.some(({ holds }) => !holds)) return 'needs-attention'
  const settled = (request.executedAt?.getTime() ?? 0) + context.verifyAgainAfter
  return context.now().getTime() >= settled ? 'done' : 'verifying'
}

function problemOf(verified: readonly Postcondition[]): string {
  const lost = verified.filter(({ holds }) => !holds)
  return `The change was made, but the result is not as it should be: ${lost.map(({ found }) => found).join(' ')}`
}
