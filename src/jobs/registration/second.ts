import type { EntityManager } from 'typeorm'
import { DttpError } from '../../dttp/client/index.ts'
import type { Job } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import { RegistrationAttempt, type RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { onlyRecord } from '../../registration/only-record.ts'
import { aboutSecondRecord, findSecondRecords } from '../../registration/second-record.ts'
import type { World } from '../../world.ts'
import { demandTrainee } from '../readiness.ts'

// Whether DTTP has another record of a trainee who was just registered, where no card of re-register's or
// settle-registration's looks for it.

/** The ids of other records; null where DTTP does not answer, as that must not keep the registration from being saved. */
export async function findSeconds(world: World, job: Job, ids: RegistrationIds): Promise<string[] | null> {
  const sql = world.database.manager
  const trainee = await sql.findOneBy(Trainee, { id: demandTrainee(job) })
  const attempt = await sql.findOneBy(RegistrationAttempt, { jobId: job.id })
  const about = await aboutSecondRecord(sql, { trainee, attempt, ids })
  return findSecondRecords(about, world.upstreams.dttp).catch((error: unknown) => {
    if (error instanceof DttpError) return null
    throw error
  })
}

/** What people must hear of it; null if there is nothing to say. */
export async function secondRecord(
  sql: EntityManager,
  job: Job,
  { ids, others, now }: { ids: RegistrationIds; others: string[] | null; now: Date },
): Promise<JobFailure | null> {
  if (!others?.length) return null
  const trainee = await sql.findOneBy(Trainee, { id: demandTrainee(job) })
  const { holds, problem } = await onlyRecord(sql, { trainee, job: null, ids, records: { others } })
  if (holds || !problem) return null
  return { code: 'second-record', words: problem.split('\n').join(' '), at: now.toISOString() }
}
