import { ChangeRequest, type Postcondition } from '../entities/chatops/change-request.ts'
import { sureTransaction } from '../entities/sure-transaction.ts'
import { ChangeError } from '../errors.ts'
import { appendToLedger } from '../ledger/ledger.ts'
import { refuseUnlessEither } from '../people/standing.ts'
import type { World } from '../world.ts'
import { announce } from './announce.ts'
import { lockRequest } from './requests.ts'

// That a request needed attention is its end. It is on the lists until somebody has said that it is dealt with, all is as
// approved after all, or another request has undone it.

/** The same as `needsAttention`, in SQL. */
export const NEEDS_ATTENTION = `(status = 'needs-attention' AND dealt_at IS NULL AND outcome ->> 'undoneBy' IS NULL)`

/** Whether people still have to see to it. */
export function needsAttention({ status, dealtAt, outcome }: ChangeRequest): boolean {
  return status === 'needs-attention' && dealtAt === null && !outcome.undoneBy
}

/** Whether all of a result is as approved: then nobody has to see to it any more. */
export function isAsApproved(verified: readonly Postcondition[]): boolean {
  return verified.every(({ holds }) => holds)
}

/** Puts on record that a request is dealt with, and by whom. The first one counts. Throws ChangeError. */
export async function dealWith(world: World, { id, actor }: { id: string; actor: string }): Promise<ChangeRequest> {
  await refuseUnlessEither(world, actor)
  return sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    if (request.status !== 'needs-attention') throw new ChangeError('not-found')
    if (!needsAttention(request)) return request
    const dealt = { dealtAt: world.now(), dealtBy: actor }
    await sql.update(ChangeRequest, { id }, dealt)
    await announce(sql, id)
    await appendToLedger(sql, { changeRequest: id, event: 'dealt-with', actor })
    return { ...request, ...dealt }
  })
}
