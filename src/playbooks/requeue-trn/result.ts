import type { EntityManager } from 'typeorm'
import { formatDateTime } from '../../calendar/london.ts'
import { jobsAdded } from '../../contract/plan.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import type { SeenJob } from '../../entities/chatops/seen-job.ts'
import { findPolls } from '../../entities/chatops/seen-polls.ts'
import { lookUnseen } from '../../entities/chatops/unseen-jobs.ts'
import { findTooOld } from '../../jobs/mirror/age.ts'
import { pollTimeout } from '../../register/jobs/poll-durations.ts'

/** How long Register's Sidekiq may take to have the poll before somebody should look. */
export const RESULT_WITHIN_MS = 30 * 60_000

/** Whether the poll that a plan asked for is under way with exactly its timeout, or is over because the TRN arrived. */
export async function pollHolds(sql: EntityManager, executed: Executed): Promise<Postcondition[]> {
  return Promise.all(
    jobsAdded(executed.plan, 'retrieve-trn').map(async ({ args: { trainee, poll_for } }) => {
      const timeout = pollTimeout(poll_for, executed.executedAt)
      const poll = (await findPolls(sql, [trainee])).get(trainee) ?? null
      const tooOld = poll && (await findTooOld(sql, poll))
      const found = tooOld
        ? { holds: false, waiting: true, found: tooOld }
        : await look(sql, poll, timeout, executed.changeRequest)
      return { sentence: 'DTTP is asked for the TRN until the time that was approved', ...found }
    }),
  )
}

async function look(
  sql: EntityManager,
  poll: SeenJob | null,
  timeout: string,
  changeRequest: string,
): Promise<Pick<Postcondition, 'holds' | 'waiting' | 'found'>> {
  if (poll?.changeRequestId !== changeRequest) {
    const by = poll?.changeRequestId
    const isLater = by && Number(by) > Number(changeRequest)
    const later = `CR-${by} has had DTTP asked since, which takes the place of this.`
    return { holds: false, found: isLater ? later : 'Nothing asks for it on behalf of this request.' }
  }
  if (poll.failure && poll.status === 'failed') return { holds: false, found: `Asking failed: ${poll.failure.words}` }
  if (!isLive(poll)) return { holds: true, found: 'The TRN has arrived.' }
  const unseen = await lookUnseen(sql, poll)
  if (unseen) return unseen
  if (poll.timeoutAt === null) return { holds: false, found: 'There is no time at which asking ends.' }
  const found = `DTTP is asked until ${formatDateTime(poll.timeoutAt)}.`
  if (toInstant(poll.timeoutAt) === toInstant(timeout)) return { holds: true, found }
  return { holds: false, found: `${found} It should be until ${formatDateTime(timeout)}.` }
}

/** One of Register's timestamps, which are UTC without saying so; Postgres leaves out zeros at the end. */
function toInstant(timestamp: string): number {
  return Date.parse(`${timestamp}Z`)
}
