import type { EntityManager } from 'typeorm'
import type { ChangesContext } from '../changes/context.ts'
import type { Job, JobFailure } from '../entities/chatops/job.ts'

/** Opens an alert for a failure's cause, or joins the live one; in the transaction that ends the attempt. */
export async function noteFailure(
  _sql: EntityManager,
  _context: ChangesContext,
  _job: Job,
  _failure: JobFailure,
): Promise<void> {}

/** Settles what alerts say of this job's trainee and kind of job, now that it ran. */
export async function noteSuccess(_sql: EntityManager, _job: Job): Promise<void> {}
