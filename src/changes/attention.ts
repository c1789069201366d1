import { createHash } from 'node:crypto'
import { withoutTimes } from '../calendar/london.ts'
import { ChangeRequest, type Postcondition, type RequestOutcome } from '../entities/chatops/change-request.ts'
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

/** What does not hold of a result, whether or not it is still waited for. */
function troublesOf(verified: readonly Postcondition[] = []): string[] {
  return verified.filter(({ holds }) => !holds).map(troubleIn)
}

/** Times in it may move without being news; numbers are news. */
function troubleIn(one: Postcondition): string {
  return `${subjectOf(one)}${withoutTimes(one.found)}`
}

function subjectOf({ sentence, trainee }: Postcondition): string {
  return `${trainee?.id ?? ''} ${sentence}: `
}

/**
 * What people know to be wrong with a request that they have dealt with, once it was looked at again; null if something else
 * is wrong by now. What is only waited for, or of which nothing was said, is no news, and what was known before it stays so:
 * it counts as new again only once it has held. Troubles are known by their words, which another build of the bot may have
 * chosen differently: then a line is known, too, whose place had a known trouble at that one's last look.
 */
export function stillKnown(
  verified: readonly Postcondition[],
  { dealtWith, verified: before, build }: RequestOutcome,
  world: Pick<World, 'build'>,
): string[] | null {
  const kept = dealtWith ?? troublesOf(before) // a version before this one did not keep it
  const known = build === world.build ? kept : [...new Set([...kept, ...reworded(verified, before, kept)])]
  const isNews = (one: Postcondition) => !one.holds && !one.waiting && !one.silent && !known.includes(troubleIn(one))
  if (verified.some(isNews)) return null
  const settled = verified.filter(({ holds }) => holds).map(subjectOf)
  return known.filter((trouble) => !settled.some((subject) => trouble.startsWith(subject)))
}

/** The troubles that stand where a known one stood. Lines have the order of the plan; where there are more or fewer, nobody can tell. */
function reworded(
  verified: readonly Postcondition[],
  before: readonly Postcondition[] = [],
  known: readonly string[],
): string[] {
  if (verified.length !== before.length) return []
  const wasKnown = ({ trainee }: Postcondition, place: number) => {
    const was = before[place]
    return was !== undefined && !was.holds && was.trainee?.id === trainee?.id && known.includes(troubleIn(was))
  }
  return troublesOf(verified.filter(wasKnown))
}

/** What is wrong with a request, as a number: who says that it is dealt with has seen just that. */
export function troubleShown({ outcome }: Pick<ChangeRequest, 'outcome'>): string {
  const troubles = [withoutTimes(outcome.problem ?? ''), ...troublesOf(outcome.verified)].join('\n')
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
  const { request, isOther } = await sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    if (request.status !== 'needs-attention') throw new ChangeError('not-found')
    if (!needsAttention(request)) return { request, isOther: false }
    if (shown !== undefined && shown !== troubleShown(request)) {
      await announce(sql, id) // its card may have been drawn by a version that told troubles apart in another way
      return { request, isOther: true }
    }
    const outcome = { ...request.outcome, dealtWith: troublesOf(request.outcome.verified) }
    const dealt = { dealtAt: world.now(), dealtBy: actor, outcome }
    await sql.update(ChangeRequest, { id }, dealt)
    await announce(sql, id)
    await appendToLedger(sql, { changeRequest: id, event: 'dealt-with', actor })
    return { request: { ...request, ...dealt }, isOther: false }
  })
  if (isOther) throw new ChangeError('attention-changed', { cr: `CR-${id}` })
  return request
}
