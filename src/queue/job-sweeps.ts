import { Job } from '../entities/chatops/job.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import { findLateJobs } from '../jobs/run/late.ts'
import type { World } from '../world.ts'
import type { JobQueues } from './job-queues.ts'

// Tells the queue of jobs, and tells it again when it has lost them.

/** Tells the queue of a job that was added, or is due earlier than it was. */
export async function hintAdded(world: World, queues: JobQueues, id: string): Promise<void> {
  const job = await world.database.manager.findOneBy(Job, { id })
  if (job && isLive(job)) await queues.hint(job)
}

/** They are due by any clock. */
const LONG_SINCE = new Date(0)

/**
 * Tells the queue again of jobs that are due and of those whose worker died: the queue may have lost its keys. Returns
 * how many.
 */
export async function hintLateJobs(world: World, queues: JobQueues): Promise<number> {
  const late = await findLateJobs(world)
  for (const job of late) await queues.hint({ ...job, dueAt: LONG_SINCE })
  return late.length
}
