import { beforeNumbers, beforeUuids, type Place, walk } from '../entities/walk.ts'
import type { World } from '../world.ts'

/** Rows of each table that are removed in one transaction, so that none holds its locks for long. */
const BATCH = 1_000

/** How far the purge has come in each table of which it keeps what is needed still. */
type Looked = { alerts: Place; jobs: Place }

/**
 * Makes a sweep that removes outbox rows, alerts, jobs and reports that have been over for so many milliseconds, and what the bot
 * said as long ago; the migrations PurgesByIndex and Said say which. It returns how many.
 */
export function createPurge(world: World, keptMs: number): () => Promise<number> {
  const looked = nothingYet()
  return () => purgeOver(world, keptMs, looked)
}

function nothingYet(): Looked {
  return { alerts: beforeNumbers(), jobs: beforeUuids() }
}

/** The same once, from the first row on. */
export async function purgeOver(
  { database, now, stopping }: World,
  keptMs: number,
  looked: Looked = nothingYet(),
): Promise<number> {
  const due = new Date(now().getTime() - keptMs)
  const isStopped = () => stopping?.aborted === true
  let purged = 0
  for (let removed = 1; removed > 0 && !isStopped(); purged += removed) {
    const [row] = await database.query<[{ removed: string }]>(OVER, [due, BATCH])
    removed = Number(row.removed)
  }
  // Alerts first: a job is needed as long as one is about it.
  purged += await walk(database, looked.alerts, { statement: ALERTS, due, isStopped })
  return purged + (await walk(database, looked.jobs, { statement: JOBS, due, isStopped }))
}

const OVER = 'SELECT chatops.purge_over($1, $2) + chatops.purge_said($1, $2) AS removed'
const ALERTS = 'SELECT at::text, id::text, looked, removed FROM chatops.purge_alerts($1, $2, $3, $4)'
const JOBS = 'SELECT at::text, id::text, looked, removed FROM chatops.purge_jobs($1, $2, $3, $4)'
