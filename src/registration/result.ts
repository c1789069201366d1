import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { formatDateTime } from '../calendar/london.ts'
import type { Executed } from '../contract/playbook.ts'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import type { RegistrationAttempt, RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { findRemovals, lookUnseen, lookUnseenOf } from '../entities/chatops/unseen-jobs.ts'
import { Degree } from '../entities/register/degree.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { DEFAULT_POLL_DURATION, pollTimeout } from '../register/jobs/poll-durations.ts'
import { askedUntil } from './asking.ts'
import { findJob, isLeftToPeople, type SentRegistration } from './records.ts'
import { beingAsked, unknownOutcome } from './unknown.ts'

// The lines on the card of every request that leads to a registration.

/** How long the registration and its two status changes may take before somebody should look. */
export const RESULT_WITHIN_MS = 30 * 60_000

/** Whether the registration ran, and Register holds exactly the ids that DTTP gave. */
export async function registered(sql: EntityManager, registration: SentRegistration): Promise<Postcondition> {
  const sentence = 'The registration ran, and the new ids are set'
  const { trainee, job, startsLater, attempt, ids, isUnknown, candidates } = registration
  if (!trainee) return { sentence, holds: false, found: 'The trainee is no longer in Register.' }
  if (!job && startsLater === 'never') return { sentence, holds: false, found: NOT_TAKEN_OUT, problem: NOT_TAKEN_OUT }
  if (!job && startsLater) return { sentence, holds: false, waiting: true, found: 'The failed job is taken out first.' }
  if (!job) return { sentence, holds: false, found: 'There is no such job.' }
  if (attempt && isAsked(job, attempt)) {
    return { sentence, holds: false, waiting: true, ...beingAsked(attempt, await askedUntil(sql, job)) }
  }
  if (attempt && isUnknown && isLeftToPeople(job, attempt)) {
    return { sentence, holds: false, ...unknownOutcome(trainee, attempt, candidates) }
  }
  if (attempt?.settledAt && !isUnknown && wasUnknown(job)) {
    return { sentence, ...settledSince(trainee, attempt) }
  }
  if (job.status === 'failed') {
    const isMoved = job.failure?.code === 'not-as-approved'
    const again = {
      label: isMoved ? 'Preview again' : 'Register again',
      playbook: 're-register',
      values: { subject: trainee.slug },
    }
    const followUps = job.failure?.code === 'record-not-in-use' ? [] : [again]
    const found = job.failure?.words ?? 'It failed.'
    return { sentence, holds: false, found, ...(isUnknown || isMoved ? { problem: found } : {}), followUps }
  }
  if (!ids) return { sentence, holds: false, waiting: true, found: underWay(registration) }
  const lost = await findLostIds(sql, trainee, ids)
  const found = lost.length === 0 ? `The new record is ${ids.contact}.` : `Changed since: ${lost.join(', ')}.`
  return { sentence, holds: lost.length === 0, found, record: ids.contact }
}

export const NOT_TAKEN_OUT =
  'The failed registration could not be taken out of Register’s Sidekiq, so the trainee is not registered. Ask the Register developers to look.'

/** Whether the failed registration, which is known to have worked, was taken out of Register's Sidekiq; null for none. */
export async function failedTakenOut(sql: EntityManager, { changeRequest }: Executed): Promise<Postcondition | null> {
  const removal = (await findRemovals(sql, changeRequest)).get(null)
  if (removal === undefined) return null
  const sentence = 'Nobody can have the failed registration run again on Sidekiq’s page'
  if (removal === 'done') return { sentence, holds: true, found: 'It was taken out.' }
  if (removal === 'under-way') return { sentence, holds: false, waiting: true, found: 'It is about to be taken out.' }
  const found =
    'It was not where it was: somebody has had it run again, or deleted it. Ask a developer whether DTTP has a second record by now.'
  return { sentence, holds: false, found, problem: found }
}

function underWay({ job, attempt }: SentRegistration): string {
  const isUnsent = job?.status === 'waiting' && (attempt === null || attempt.sendings === 0)
  return isUnsent ? 'The registration has not been sent yet.' : 'The registration is under way.'
}

/** Whether DTTP is asked, by ids of ours, what has become of it. */
function isAsked(job: SeenJob, { outcome, ids, ownIds }: RegistrationAttempt): boolean {
  return isLive(job) && outcome === 'unknown' && ids === null && ownIds !== null
}

function wasUnknown({ status, failure }: SeenJob): boolean {
  return status === 'failed' && (failure?.code === 'outcome-unknown' || failure?.code === 'unanswered')
}

/** The line for a registration that another request has settled. */
function settledSince({ dttp_id }: Trainee, { outcome }: RegistrationAttempt): Pick<Postcondition, 'holds' | 'found'> {
  if (outcome === 'not-sent') return { holds: false, found: 'Another request has given this registration up.' }
  if (outcome === 'taken-over' && dttp_id === null) {
    return { holds: false, found: 'Another request has taken this registration over.' }
  }
  const holds = dttp_id !== null
  return {
    holds,
    found: holds ? `Another request has settled it: the record is ${dttp_id}.` : 'The DTTP record is empty.',
  }
}

async function findLostIds(sql: EntityManager, trainee: Trainee, ids: RegistrationIds): Promise<string[]> {
  const degrees = await sql.findBy(Degree, { trainee_id: trainee.id })
  return [
    ...(trainee.dttp_id === ids.contact ? [] : ['the DTTP record']),
    ...(trainee.placement_assignment_dttp_id === ids.placementAssignment ? [] : ['the training record']),
    ...degrees.flatMap(({ id, dttp_id }) =>
      ids.degrees[id] === undefined || ids.degrees[id] === dttp_id ? [] : [`degree ${id}`],
    ),
  ]
}

/** Whether DTTP has the records that were asked for. */
export function heldByDttp(
  { job, records: seen }: Pick<SentRegistration, 'job' | 'records'>,
  ids: RegistrationIds | null,
): Postcondition {
  const sentence = 'DTTP has the trainee, the training record and every degree'
  if (job?.status === 'failed') return { sentence, holds: false, found: 'Not looked at, as the registration failed.' }
  if (!ids) return { sentence, holds: false, waiting: true, found: 'Not looked at yet.' }
  if (!seen) return { sentence, holds: false, waiting: true, ...soonAfter(job), found: 'DTTP did not answer.' }
  const wanted = Object.values(ids.degrees)
  const there = wanted.filter((id) => seen.degrees.includes(id)).length
  const words = [
    seen.contact ? `The trainee is there${seen.became ? `, but was ${seen.became}` : ''}.` : 'The trainee is missing.',
    seen.placementAssignment ? 'The training record is there.' : 'The training record is missing.',
    `${there} of ${wanted.length} ${wanted.length === 1 ? 'degree' : 'degrees'} there.`,
  ]
  const holds = seen.contact && !seen.became && seen.placementAssignment && there === wanted.length
  return { sentence, holds, found: words.join(' ') }
}

/** A registration that DTTP answered late is followed up as long as any other. */
function soonAfter(job: SeenJob | null): Pick<Postcondition, 'until'> {
  return job?.finishedAt ? { until: new Date(job.finishedAt.getTime() + RESULT_WITHIN_MS).toISOString() } : {}
}

/**
 * Whether both status changes are done. What DTTP shows is mentioned and does not decide, since it may have changed
 * again.
 */
export async function statusesChanged(
  sql: EntityManager,
  { job, records: seen }: Pick<SentRegistration, 'job' | 'records'>,
  executed: Executed,
): Promise<Postcondition> {
  const sentence = 'Both status changes went through'
  if (job?.status === 'failed') return { sentence, holds: false, found: 'Not started, as the registration failed.' }
  const jobs = await sql.findBy(SeenJob, { changeRequestId: executed.changeRequest, name: 'change-trainee-status' })
  const failed = jobs.find(({ status }) => status === 'failed')
  if (failed) return { sentence, holds: false, found: failed.failure?.words ?? 'One failed.' }
  const refused = (await lookUnseenOf(sql, jobs)).find(({ waiting }) => !waiting)
  if (refused) return { sentence, ...refused }
  const done = jobs.filter(({ status }) => status === 'done').length
  if (done < 2) return { sentence, holds: false, waiting: true, ...soonAfter(job), found: `${done} of 2.` }
  if (jobs.some(isNeedless)) return { sentence, holds: true, found: NOT_NEEDED }
  if (!seen) return { sentence, holds: false, waiting: true, ...soonAfter(job), found: 'DTTP did not answer.' }
  return { sentence, holds: true, found: seen.statuses ? 'DTTP shows both.' : 'DTTP has changed them since.' }
}

const NOT_NEEDED = 'Not needed: by then the trainee did not wait for a TRN any more, so DTTP keeps the status it has.'

const needless = z.looseObject({ needless: z.literal(true) })

/** Our own worker says so in its result, and what was not pushed to Register's Sidekiq where its arguments were. */
function isNeedless({ result, args }: SeenJob): boolean {
  return needless.safeParse(result ?? args).success
}

export async function pollScheduled(
  sql: EntityManager,
  { job: registration }: Pick<SentRegistration, 'job'>,
  executed: Executed,
): Promise<Postcondition> {
  const sentence = 'DTTP will be asked for the TRN'
  const job = await findJob(sql, executed, 'retrieve-trn')
  if (!job) return { sentence, holds: false, found: 'There is no such job.' }
  if (job.status === 'done') return { sentence, holds: true, found: 'The TRN has arrived.' }
  if (job.status === 'failed') return { sentence, holds: false, found: job.failure?.words ?? 'It failed.' }
  const unseen = await lookUnseen(sql, job)
  if (unseen) return { sentence, ...soonAfter(registration), ...unseen }
  if (job.timeoutAt === null) return { sentence, holds: false, found: 'It has no time at which it ends.' }
  const timeout = pollTimeout(DEFAULT_POLL_DURATION, executed.executedAt)
  const found = `Next on ${formatDateTime(job.dueAt)}, and until ${formatDateTime(job.timeoutAt)}.`
  if (Date.parse(`${job.timeoutAt}Z`) === Date.parse(`${timeout}Z`)) return { sentence, holds: true, found }
  return { sentence, holds: false, found: `${found} It should be until ${formatDateTime(timeout)}.` }
}
