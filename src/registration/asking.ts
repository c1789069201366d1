import type { EntityManager } from 'typeorm'
import { pausedSince } from '../brake/brake.ts'
import { formatDateTime } from '../calendar/london.ts'
import { workingDaysAfter } from '../calendar/working-time.ts'
import { readPlan } from '../contract/stored.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import type { Job } from '../entities/chatops/job.ts'
import type { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import { JobFailed } from '../failures/job-failed.ts'
import type { World } from '../world.ts'

// When DTTP is asked what has become of a registration that it did not answer.

/**
 * Until when it is asked, and the registration repeated if it is not there: a working day after its request was carried out,
 * which may have waited for a playbook that was off, or after its job could be started, where a failed one of Register's had
 * to go first. Time during which the bot was paused does not count: a pause gives nothing up.
 */
export async function askedUntil(sql: EntityManager, job: Pick<Job, 'changeRequestId' | 'createdAt'>): Promise<Date> {
  const request = job.changeRequestId === null ? null : await sql.findOneBy(ChangeRequest, { id: job.changeRequestId })
  const carriedOut = request?.executedAt ?? request?.decidedAt
  const since = request && carriedOut && !waitedForRemoval(request) ? carriedOut : job.createdAt
  return workingDayFrom(sql, since)
}

/** A working day after `since`, without the time for which the bot was paused. */
export async function workingDayFrom(sql: EntityManager, since: Date): Promise<Date> {
  return workingDaysAfter(new Date(since.getTime() + (await pausedSince(sql, since))), 1)
}

/** Such a job is made only when the failed one is out of Register's Sidekiq, however long that takes. */
function waitedForRemoval(request: ChangeRequest): boolean {
  return readPlan(request)?.effects.some(({ kind }) => kind === 'remove-job') ?? false
}

/** When it may be asked for the first time: DTTP works for up to two minutes on what it was sent. */
export function firstAsked(
  { askAgainAfter }: Pick<World, 'askAgainAfter'>,
  { sentAt, lastSentAt }: Pick<RegistrationAttempt, 'sentAt' | 'lastSentAt'>,
): Date {
  return new Date((lastSentAt ?? sentAt).getTime() + askAgainAfter)
}

/** When it is asked again, the pauses doubling and the last time at the very end; null once that is over. */
export function nextAsked(
  { askAgainAfter, now }: Pick<World, 'askAgainAfter' | 'now'>,
  { asked }: Pick<RegistrationAttempt, 'asked'>,
  until: Date,
): Date | null {
  const time = now().getTime()
  if (time >= until.getTime()) return null
  return new Date(Math.min(time + askAgainAfter * 2 ** asked, until.getTime()))
}

/**
 * For people: DTTP has just been asked for the last time, perhaps long after `until`, or it was sent so late that it was not asked
 * at all. The ids stay the trainee's.
 */
export function gaveUpAsking({ sentAt, asked }: Pick<RegistrationAttempt, 'sentAt' | 'asked'>, now: Date): JobFailed {
  const came =
    asked > 0
      ? `We last asked DTTP on ${formatDateTime(now)}, and it did not answer or does not have it.`
      : 'The time in which we ask DTTP again was over by then.'
  return new JobFailed(
    'unanswered',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply. ${came} You can register the trainee again: it ` +
      'cannot be registered twice.',
  )
}
