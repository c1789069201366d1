import { beforeUuids, type Place, walk } from '../../entities/walk.ts'
import type { World } from '../../world.ts'

/** For so long jobs that are over are kept; each night leaves as many as there are trainees. */
const KEPT_DAYS = 8

/** Makes a sweep of `purgeMirror` that goes on where the last one has ended. */
export function createMirrorPurge(world: World): () => Promise<number> {
  const looked = beforeUuids()
  return () => purgeMirror(world, looked)
}

/**
 * Removes jobs from the mirror that are over and that neither an open alert is about, nor a registration that has to
 * be settled; those of a request once its plan is forgotten. Returns how many.
 */
export function purgeMirror({ database, now, stopping }: World, looked: Place = beforeUuids()): Promise<number> {
  const due = new Date(now().getTime() - KEPT_DAYS * 86_400_000)
  const isStopped = () => stopping?.aborted === true
  return walk(database, looked, { statement: PURGE, due, isStopped })
}

// OFFSET 0 has each row looked for by an index.
const PURGE = `
  WITH looked AS MATERIALIZED (
    SELECT id, finished_at, change_request_id FROM chatops.mirrored_jobs
    WHERE place = 'gone' AND finished_at < $1 AND (finished_at, id) > ($3::timestamptz, $4::uuid)
    ORDER BY finished_at, id LIMIT $2),
  needless AS MATERIALIZED (
    SELECT job.id FROM chatops.mirrored_jobs job JOIN looked ON looked.id = job.id
    WHERE NOT EXISTS (
        SELECT FROM chatops.change_requests WHERE id = looked.change_request_id AND plan IS NOT NULL OFFSET 0)
      AND NOT EXISTS (
        SELECT FROM chatops.alert_entries entry WHERE entry.job_id = looked.id AND entry.settled_at IS NULL OFFSET 0)
      AND NOT EXISTS (
        SELECT FROM chatops.registration_attempts sent WHERE sent.job_id = looked.id AND sent.outcome = 'unknown' OFFSET 0)
    FOR UPDATE OF job SKIP LOCKED),
  gone AS (DELETE FROM chatops.mirrored_jobs job USING needless WHERE job.id = needless.id AND job.place = 'gone' RETURNING 1),
  latest AS (SELECT finished_at, id FROM looked ORDER BY 1 DESC, 2 DESC LIMIT 1)
  SELECT (SELECT finished_at::text FROM latest) AS at, (SELECT id::text FROM latest) AS id,
    (SELECT count(*)::int FROM looked) AS looked, (SELECT count(*)::int FROM gone) AS removed`
