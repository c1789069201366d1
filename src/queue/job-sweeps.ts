import type { ChangesContext } from '../changes/context.ts'
import type { JobQueues } from './job-queues.ts'

// What keeps jobs going when the queue has lost them.

/** The queue should have started a due job by now. */
const LATE_SECONDS = 30
/** Jobs that the queue is told of in one sweep. */
export const HINT_BATCH = 500

/**
 * Tells the queue again of jobs that are due and of those whose worker died: the queue may have lost its keys. Returns
 * how many.
 */
export async function hintLateJobs(context: ChangesContext, queues: JobQueues): Promise<number> {
  const [late] = (await context.database.query(
    `UPDATE chatops.jobs SET hinted_at = now() WHERE id IN (
       SELECT id FROM chatops.jobs
       WHERE coalesce(hinted_at, '-infinity') < now() - make_interval(secs => $2)
         AND ((status = 'waiting' AND due_at < $1::timestamptz - make_interval(secs => $2))
           OR (status = 'running' AND lease_until < now()))
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [context.now(), LATE_SECONDS, HINT_BATCH],
  )) as [{ id: string }[], number]
  for (const { id } of late) await queues.hint(context, id)
  return late.length
}
