import type { World } from '../../world.ts'

/** For so long jobs that are over are kept; each night leaves as many as there are trainees. */
const KEPT_DAYS = 8
const AT_ONCE = 10_000

/**
 * Removes jobs from the mirror that are over and that neither an open alert is about, nor a registration that has to
 * be settled; those of a request once its plan is forgotten. Returns how many.
 */
export async function purgeMirror({ database, now }: World): Promise<number> {
  const before = new Date(now().getTime() - KEPT_DAYS * 86_400_000)
  const [, purged] = (await database.query(PURGE, [before, AT_ONCE])) as [unknown, number]
  return purged
}

const PURGE = `
  DELETE FROM chatops.mirrored_jobs WHERE id IN (
    SELECT id FROM chatops.mirrored_jobs job
    WHERE place = 'gone' AND finished_at < $1
      AND NOT EXISTS (
        SELECT FROM chatops.change_requests WHERE id = job.change_request_id AND plan IS NOT NULL)
      AND NOT EXISTS (
        SELECT FROM chatops.alert_entries entry WHERE entry.job_id = job.id AND entry.settled_at IS NULL)
      AND NOT EXISTS (
        SELECT FROM chatops.registration_attempts sent WHERE sent.job_id = job.id AND sent.outcome = 'unknown')
    LIMIT $2)`
