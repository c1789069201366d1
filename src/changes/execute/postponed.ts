import type { EntityManager } from 'typeorm'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { reportUnlisted, type World } from '../../world.ts'
import { announce } from '../announce.ts'
import { LEFT_TO_OTHERS_MS } from '../other-versions.ts'
import { endAsStale } from '../requests.ts'
import { claimRequest, describeCause, type Execution, endUndone, FOREIGN } from './unexecuted.ts'

// An approved request that cannot be carried out yet: why it waits, and for how long it is tried again.

type Waits = Pick<ChangeRequest, 'upstreamFailingSince' | 'leftToOthersSince'>

/**
 * Why it waits. Each reason has a time of its own: while two versions of the bot run, one may leave a request to the other, and
 * that one may not reach what it needs.
 */
const REASONS = {
  unreachable: { since: 'upstreamFailingSince', giveUpAfterMs: 30 * 60_000 },
  'left-to-others': { since: 'leftToOthersSince', giveUpAfterMs: LEFT_TO_OTHERS_MS },
} as const satisfies Record<string, { since: keyof Waits; giveUpAfterMs: number }>

type Reason = keyof typeof REASONS

/** If there was a longer silence between two attempts, the bot was not running, and the half hour begins anew. */
const STILL_TRYING_MS = 5 * 60_000

/** Why an approved request waits, and until when it is tried; of two reasons the later one. Null where nothing holds it up. */
export function findHoldUp(request: Waits): { reason: Reason; until: Date } | null {
  const [latest] = (['unreachable', 'left-to-others'] as const)
    .flatMap((reason) => {
      const since = request[REASONS[reason].since]
      return since ? [{ reason, since }] : []
    })
    .sort((a, b) => b.since.getTime() - a.since.getTime())
  if (!latest) return null
  return { reason: latest.reason, until: new Date(latest.since.getTime() + REASONS[latest.reason].giveUpAfterMs) }
}

/** Leaves the request approved, to be tried again by the sweeper, until it has failed for half an hour. */
export async function postponeExecution(world: World, id: string, cause: unknown): Promise<Execution> {
  world.log.warn({ changeRequest: id, cause: describeCause(cause) }, 'execution postponed')
  await reportUnlisted(world, cause)
  const problem = 'We tried for 30 minutes and could not carry it out. None of the changes in this request were made.'
  return postpone(world, id, 'unreachable', (sql, request) =>
    endUndone(sql, request, 'needs-attention', problem, cause),
  )
}

/**
 * Leaves what another version of the bot made to the workers of that version: while both run, the next hint may wake one of
 * them. It ends as out of date if none has taken it.
 */
export async function leaveToOthers(world: World, id: string): Promise<Execution> {
  world.log.warn({ changeRequest: id }, 'left to the version of the bot that it was made with')
  return postpone(world, id, 'left-to-others', async (sql, request) => {
    await endAsStale(world, sql, request, FOREIGN)
    return 'stale'
  })
}

/** At the first failure its card says why. @param giveUp how it ends after the last */
async function postpone(
  world: World,
  id: string,
  reason: Reason,
  giveUp: (sql: EntityManager, request: ChangeRequest) => Promise<Execution>,
): Promise<Execution> {
  const { since: column, giveUpAfterMs } = REASONS[reason]
  return world.database.transaction(async (sql) => {
    const request = await claimRequest(sql, id)
    if (!request) return 'not-approved'
    const now = world.now()
    const isStillTried = request.triedAt !== null && now.getTime() - request.triedAt.getTime() < STILL_TRYING_MS
    const since = (isStillTried ? request[column] : null) ?? now
    if (now.getTime() - since.getTime() >= giveUpAfterMs) return giveUp(sql, request)
    // What held it up before a silence says nothing of today.
    const others = isStillTried ? {} : { upstreamFailingSince: null, leftToOthersSince: null }
    await sql.update(ChangeRequest, { id, status: 'approved' }, { ...others, [column]: since, triedAt: now })
    if (since === now) await announce(sql, id)
    return 'postponed'
  })
}
