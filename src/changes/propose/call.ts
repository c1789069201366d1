import type { EntityManager } from 'typeorm'
import { workingHoursBefore } from '../../calendar/working-time.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { World } from '../../world.ts'
import { addToThread } from '../announce.ts'
import { isOfAnother } from '../other-versions.ts'
import { getRequest } from '../requests.ts'
import { alone, findIds, sweepEach } from '../sweeps/sweep-each.ts'

// Whom a waiting request calls: once when it is sent, and once more in its thread before it expires. Where Slack does not say
// whom to call when it is sent, its thread does so as soon as Slack answers. A channel calls somebody at most once in ten
// minutes, however many requests are sent in it.

const APART = '10 minutes'
const REMIND_BEFORE_HOURS = 2
/** A request that has not had its turn by then is reminded of without calling anybody. */
const LAST_CHANCE_HOURS = 0.5

/** The user or group to call for a request, or nobody; `unknown` where Slack did not say whether they are the requester. */
export type Callee = { calls: string | null } | 'unknown'

/** Whom a request calls. The requester is never called. Asks Slack. */
export async function findCallee({ approverMention, people }: World, requester: string): Promise<Callee> {
  if (approverMention === null || approverMention.startsWith('S')) return { calls: approverMention }
  const isRequester = await people.areOne(approverMention, requester)
  if (isRequester === null) return 'unknown'
  return { calls: isRequester ? null : approverMention }
}

/** Whether somebody may be called in this channel now. If so, nobody else may be for a while. */
export async function claimCall(sql: EntityManager, channel: string, now: Date): Promise<boolean> {
  const claimed = await sql.query<unknown[]>(
    `INSERT INTO chatops.calls AS call (channel, called_at) VALUES ($1, $2)
     ON CONFLICT (channel) DO UPDATE SET called_at = excluded.called_at
       WHERE call.called_at <= excluded.called_at - $3::interval
     RETURNING 1`,
    [channel, now, APART],
  )
  return claimed.length > 0
}

/** When the approvers are reminded of a request: two working hours before it expires. Null where it is sent later. */
export function reminderFor({ closedDays }: World, sentAt: Date, expiresAt: Date): Date | null {
  const at = workingHoursBefore(expiresAt, REMIND_BEFORE_HOURS, closedDays)
  return at > sentAt ? at : null
}

/**
 * Reminds of requests that expire soon, each once. Where several are due in one channel, each waits for its turn to call,
 * the one that expires first before the others; half a working hour before it expires it is reminded of in any case, without
 * a call if need be. What nobody can approve, since its playbook is off, waits until it is on. Returns how many.
 */
export async function remindApprovers(world: World): Promise<number> {
  const now = world.now()
  const isDue = `status = 'pending' AND remind_at <= $1 AND expires_at > $1 AND outcome ->> 'off' IS NULL`
  const due = await findIds(world, isDue, [now], 'expires_at')
  let reminded = 0
  for (const id of due) {
    await alone(world, id, async () => {
      const { requester, expiresAt } = await getRequest(world.database, id)
      const callee = await findCallee(world, requester)
      const isLast = expiresAt !== null && now >= workingHoursBefore(expiresAt, LAST_CHANCE_HOURS, world.closedDays)
      if (callee === 'unknown' && !isLast) return // asked again in the next round
      const named = callee === 'unknown' ? null : callee.calls
      await sweepEach(world, [id], ['pending'], 'skip_locked', async (sql, request) => {
        if (request.remindAt === null || request.remindAt > now) return
        if (isOfAnother(request)) return // whoever was called could not approve it in this version
        const calls = named !== null && (await claimCall(sql, request.channel, now)) ? named : null
        if (named !== null && calls === null && !isLast) return
        const remindAt = request.expiresAt && reminderFor(world, now, request.expiresAt)
        await sql.update(ChangeRequest, { id }, { remindAt })
        await addToThread(sql, id, { part: 'reminder', calls })
        reminded++
      })
    })
  }
  return reminded
}
