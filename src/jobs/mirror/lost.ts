import type { EntityManager } from 'typeorm'
import type { Mirror } from '../../entities/chatops/mirrored-job.ts'

// A dead registration that people have tried again on Sidekiq's page, and whose process is killed before its next
// heartbeat, is gone as one that they delete: but it may have been sent. What tells the two apart is that a process
// ended.

/** How the last sweep found Sidekiq that used what it found. */
export type Before = Pick<Mirror, 'readAt' | 'identities'>

/** The name of a killed process goes a minute after its last heartbeat. Twice as long covers slow sweeps. */
const NOTICED_WITHIN_MS = 120_000
/** In a longer gap between two sweeps a process may have begun and ended unseen. */
const SEEN_EVERY_MS = 60_000
/** More than any end of processes takes along, each of which runs five jobs: so many were deleted. */
const MOST_LOST = 25

/** Marks registrations that were dead, have just gone missing, and may have been taken along by a process. */
export async function noteLost(
  sql: EntityManager,
  { readAt, identities }: Before,
  alive: readonly string[],
  startedAt: Date,
): Promise<void> {
  if (readAt === null) return
  const hasEnded = identities.some((identity) => !alive.includes(identity))
  if (!hasEnded && startedAt.getTime() - readAt.getTime() <= SEEN_EVERY_MS) return
  // Where sweeps have failed meanwhile, it ended at any time since.
  const noticedAt = hasEnded ? readAt : startedAt
  await sql.query(LOST, [new Date(noticedAt.getTime() - NOTICED_WITHIN_MS), MOST_LOST])
}

const LOST = `
  WITH lost AS (
    SELECT id FROM chatops.mirrored_jobs
    WHERE place = 'missing' AND name = 'register-for-trn' AND args ->> 'from' = 'dead' AND missing_since >= $1
    LIMIT $2 + 1)
  UPDATE chatops.mirrored_jobs SET args = args || '{"lost": true}'
  WHERE id IN (SELECT id FROM lost) AND (SELECT count(*) FROM lost) <= $2`
