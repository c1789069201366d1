import { mayAct } from '../brake/brake.ts'
import { JOB_NAMES, Job, type JobName } from '../entities/chatops/job.ts'
import { isLive } from '../entities/chatops/live-jobs.ts'
import { runnerOf } from '../jobs/start/runner.ts'
import type { World } from '../world.ts'
import type { JobQueues } from './job-queues.ts'

// Tells the queue of jobs, and tells it again when it has lost them.

/** Tells the queue of a job that was added, or is due earlier than it was. */
export async function hintAdded(world: World, queues: JobQueues, id: string): Promise<void> {
  const job = await world.database.manager.findOneBy(Job, { id })
  if (job && isLive(job)) await queues.hint(job)
}

/** The jobs that our workers run now: of Register's none while the bot may not act. */
async function findRunnable(world: World): Promise<JobName[]> {
  const isAllowed = await mayAct(world)
  return JOB_NAMES.filter((name) => runnerOf(world, name) === 'bot' && (isAllowed || name === 'load-gias'))
}

/** A job that is overdue by this much was lost by the queue. */
const LATE_SECONDS = 30
/** They are due by any clock. */
const LONG_SINCE = new Date(0)
/** Jobs that the queue is told of in one sweep. */
export const HINT_BATCH = 500

/**
 * Tells the queue again of jobs that are due and of those whose worker died: the queue may have lost its keys. Returns
 * how many.
 */
export async function hintLateJobs(world: World, queues: JobQueues): Promise<number> {
  const [late] = (await world.database.query(
    `UPDATE chatops.jobs SET hinted_at = now() WHERE id IN (
       SELECT id FROM chatops.jobs
       WHERE name = ANY($4) AND coalesce(hinted_at, '-infinity') < now() - make_interval(secs => $2)
         AND ((status = 'waiting' AND due_at < $1::timestamptz - make_interval(secs => $2))
           OR (status = 'running' AND lease_until < now()))
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING id, name`,
    [world.now(), LATE_SECONDS, HINT_BATCH, await findRunnable(world)],
  )) as [{ id: string; name: JobName }[], number]
  for (const job of late) await queues.hint({ ...job, dueAt: LONG_SINCE })
  return late.length
}
