import { mayAct } from '../../brake/brake.ts'
import { JOB_NAMES, type JobName } from '../../entities/chatops/job.ts'
import type { World } from '../../world.ts'
import { runnerOf } from '../start/runner.ts'

/** A job that is overdue by this much was lost by the queue. */
const LATE_SECONDS = 30
/** Late jobs that are found at a time. */
export const LATE_BATCH = 500

/**
 * The jobs that are due and those whose worker died, which a queue may know nothing of: each counts as hinted from now on,
 * and is not found again for a while.
 */
export async function findLateJobs(world: World): Promise<{ id: string; name: JobName }[]> {
  const [late] = (await world.database.query(
    `WITH late AS MATERIALIZED (
       SELECT id FROM chatops.jobs
       WHERE name = ANY($4) AND coalesce(hinted_at, '-infinity') < now() - make_interval(secs => $2)
         AND ((status = 'waiting' AND due_at < $1::timestamptz - make_interval(secs => $2))
           OR (status = 'running' AND lease_until < now()))
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE chatops.jobs SET hinted_at = now() WHERE id IN (SELECT id FROM late) RETURNING id, name`,
    [world.now(), LATE_SECONDS, LATE_BATCH, await findRunnable(world)],
  )) as [{ id: string; name: JobName }[], number]
  return late
}

/** The jobs that our workers run now: of Register's none while the bot may not act. */
async function findRunnable(world: World): Promise<JobName[]> {
  const isAllowed = await mayAct(world)
  return JOB_NAMES.filter((name) => runnerOf(world, name) === 'bot' && (isAllowed || name === 'load-gias'))
}
