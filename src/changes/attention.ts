import { createHash } from 'node:crypto'
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

/** What does not hold of a result and is not only waited for. Numbers and times in it may move without being news. */
function troublesOf(verified: readonly Postcondition[] = []): string[] {
  return verified.flatMap(({ sentence, holds, waiting, found, trainee }) =>
    holds || waiting ? [] : [`${trainee?.id ?? ''} ${sentence}: ${found.replace(/\d[\d:,]*([ap]m)?/g, '')}`],
  )
}

/** Whether a look has found something wrong that the look before it had not. */
export function isNewTrouble(
  verified: readonly Postcondition[],
  before: readonly Postcondition[] | undefined,
): boolean {
  const known = new Set(troublesOf(before))
  return troublesOf(verified).some((trouble) => !known.has(trouble))
}

/** What is wrong with a request, as a number: who says that it is dealt with has seen just that. */
export function troubleShown({ outcome }: Pick<ChangeRequest, 'outcome'>): string {
  const troubles = [outcome.problem ?? '', ...troublesOf(outcome.verified)].join('\n')
  return createHash('sha256').update(troubles).digest().readUInt32BE().toString()
}

/**
 * Puts on record that a request is dealt with, and by whom. The first one counts. Throws ChangeError.
 * @param shown what was wrong with it where they said so; buttons of earlier versions do not tell
 */
export async function dealWith(
  world: World,
  { id, actor, shown }: { id: string; actor: string; shown?: string | undefined },
): Promise<ChangeRequest> {
  await refuseUnlessEither(world, actor)
  return sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    if (request.status !== 'needs-attention') throw new ChangeError('not-found')
    if (!needsAttention(request)) return request
    if (shown !== undefined && shown !== troubleShown(request)) {
      throw new ChangeError('attention-changed', { cr: `CR-${id}` })
    }
    const dealt = { dealtAt: world.now(), dealtBy: actor }
    await sql.update(ChangeRequest, { id }, dealt)
    await announce(sql, id)
    await appendToLedger(sql, { changeRequest: id, event: 'dealt-with', actor })
    return { ...request, ...dealt }
  })
}
