import type { World } from '../world.ts'

/** Rows of each table that are removed in one transaction, so that none holds its locks for long. */
const BATCH = 1_000

/**
 * Removes outbox rows, alerts, jobs and reports that have been over for so many milliseconds, and what the bot said as long
 * ago; the migrations Purges and Said say which. Returns how many.
 */
export async function purgeOver({ database, now, stopping }: World, keptMs: number): Promise<number> {
  const before = new Date(now().getTime() - keptMs)
  for (let purged = 0; ; ) {
    const [row] = await database.query<{ removed: string }[]>(
      'SELECT chatops.purge_over($1, $2) + chatops.purge_said($1, $2) AS removed',
      [before, BATCH],
    )
    const removed = Number(row?.removed ?? 0)
    purged += removed
    if (removed === 0 || stopping?.aborted) return purged
  }
}
