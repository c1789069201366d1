import type { EntityManager } from 'typeorm'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { Job, type JobName } from '../entities/chatops/job.ts'
import { Poll } from '../entities/chatops/poll.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { DEFAULT_POLL_DURATION, pollTimeout } from '../register/poll-durations.ts'
import { formatDateTime } from '../register/times.ts'
import type { Executed } from './playbook.ts'

// What every request that leads to a registration is followed up by.

/** How long the registration and its two status changes may take before somebody should look. */
export const RESULT_WITHIN_MS = 30 * 60_000

export function registered(trainee: Trainee, job: Job | null): Postcondition {
  const sentence = 'The registration ran, and the new ids are set'
  if (job?.status === 'failed') return { sentence, holds: false, found: job.failure?.words ?? 'It failed.' }
  if (job?.status !== 'done') return { sentence, holds: false, waiting: true, found: 'The registration is under way.' }
  const isSet = trainee.dttp_id !== null && trainee.placement_assignment_dttp_id !== null
  return { sentence, holds: isSet, found: isSet ? `The new record is ${trainee.dttp_id}.` : 'The ids are empty.' }
}

/** @param seen whether DTTP shows the status on both records; null if it was not asked */
export async function statusesChanged(
  sql: EntityManager,
  registration: Job | null,
  executed: Executed,
  seen: boolean | null,
): Promise<Postcondition> {
  const sentence = 'Both status changes went through'
  if (registration?.status === 'failed') return { sentence, holds: false, found: 'They were not started.' }
  const jobs = await sql.findBy(Job, { changeRequestId: executed.changeRequest, name: 'change-trainee-status' })
  const failed = jobs.find(({ status }) => status === 'failed')
  if (failed) return { sentence, holds: false, found: failed.failure?.words ?? 'One failed.' }
  const done = jobs.filter(({ status }) => status === 'done').length
  if (done < 2 || seen === null) return { sentence, holds: false, waiting: true, found: `${done} of 2.` }
  return { sentence, holds: true, found: seen ? 'DTTP shows both.' : 'DTTP has changed them since.' }
}

export async function pollScheduled(sql: EntityManager, executed: Executed): Promise<Postcondition> {
  const sentence = 'The poll for a TRN is scheduled'
  const job = await findJob(sql, executed, 'retrieve-trn')
  if (!job) return { sentence, holds: false, found: 'There is no such job.' }
  if (job.status === 'done') return { sentence, holds: true, found: 'The TRN has arrived.' }
  if (job.status === 'failed') return { sentence, holds: false, found: job.failure?.words ?? 'It failed.' }
  const poll = await sql.findOneBy(Poll, { jobId: job.id })
  const holds = poll?.timeoutAt === pollTimeout(DEFAULT_POLL_DURATION, executed.executedAt)
  return { sentence, holds, found: `Next on ${formatDateTime(job.dueAt)}.` }
}

/** The last job of this kind that the request started. */
export async function findJob(sql: EntityManager, { changeRequest }: Executed, name: JobName): Promise<Job | null> {
  return sql.findOne(Job, { where: { changeRequestId: changeRequest, name }, order: { createdAt: 'DESC', id: 'ASC' } })
}
