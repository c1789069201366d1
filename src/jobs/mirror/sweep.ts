import { Mirror } from '../../entities/chatops/mirrored-job.ts'
import { noteUnknown } from '../../registration/unknown-in-sidekiq.ts'
import type { SidekiqClient } from '../../sidekiq/index.ts'
import { seemsNewer } from '../../sidekiq/version.ts'
import type { World } from '../../world.ts'
import { keepMoved, keepPage, newSweep } from './keep.ts'
import { type Before, noteLost } from './lost.ts'
import { judgeMissing, noteMissing } from './missing.ts'
import { unlessMoved } from './moved-tables.ts'

// Reads all of Register's Sidekiq, page by page, and keeps what concerns us in our own table (keep.ts). A job that moves
// meanwhile may be found twice or not at all; what was not found is looked for in the sweeps after it (missing.ts).

/** The number of the advisory lock that a sweep holds: there is one sweeper at a time. */
const SWEEP_LOCK = 7_031_522

/** A sweep that sleeps for longer loses its session, and with it the lock. No page takes so long. */
const LONGEST_PAUSE_MS = 60_000

/** What a sweep came to: how many rows are not as they were, and how many jobs it found. */
export type Swept = { changed: number; found: number }

/**
 * Sweeps once; null if another worker does so, or the process is to stop meanwhile. Throws what Redis' client and the database
 * throw.
 */
export async function sweepSidekiq(
  world: World,
  sidekiq: SidekiqClient,
  longestPauseMs = LONGEST_PAUSE_MS,
): Promise<Swept | null> {
  const runner = world.database.createQueryRunner()
  try {
    // The lock is the transaction's, which does nothing else: behind a pooler no session is ours.
    await runner.startTransaction()
    await runner.query(LET_GO_AFTER, [`${longestPauseMs}ms`])
    const [lock] = await runner.query('SELECT pg_try_advisory_xact_lock($1) AS held', [SWEEP_LOCK])
    if (!lock.held) return null
    return await sweepAlone(world, sidekiq, async () => {
      if (world.stopping?.aborted) throw new Stopped()
      await runner.query('SELECT 1')
    })
  } catch (error) {
    if (error instanceof Stopped) return null
    throw error
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {}) // gone with the connection
    await runner.release()
  }
}

const LET_GO_AFTER = `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`

/** The process is to stop: another worker sweeps anew, as after one that was killed. */
class Stopped extends Error {}

/** @param keepLock throws if the lock was lost: then another worker may be sweeping; or if this one is to stop */
async function sweepAlone(world: World, sidekiq: SidekiqClient, keepLock: () => Promise<unknown>): Promise<Swept> {
  const sql = world.database.manager
  const startedAt = world.now()
  const [[begun]] = await sql.query<[[{ sweep: string } & Before]]>(BEGIN, [startedAt])
  const sweep = newSweep(begun.sweep, startedAt, begun.readAt)
  for await (const page of sidekiq.readWaiting()) {
    await keepLock()
    await keepPage(world, sweep, page)
  }
  const running = await sidekiq.readProcesses()
  await keepLock()
  await keepPage(world, sweep, running)
  await keepMoved(world, sweep, keepLock)
  await keepLock()
  if (begun.readAt === null) await sql.query(COUNT_DEAD)
  const { strange, found, changed, old } = sweep
  if (old > 0) await sql.increment(Mirror, { id: true }, 'deadBefore', old)
  const identities = running.processes.map(({ identity }) => identity)
  const missing = await noteMissing(world, sql, found.keys(), startedAt)
  await noteLost(sql, begun, identities, startedAt)
  // Only now: of a process that has ended nobody would hear again if this sweep ended before.
  const isNewer = seemsNewer(running.processes)
  const read = { readAt: startedAt, readTo: world.now(), strange, processes: identities.length, identities }
  await sql.update(Mirror, { id: true }, { ...read, ...(isNewer === null ? {} : { isNewer }) })
  const gone = await judgeMissing(world, sql, startedAt)
  const unknown = await unlessMoved(world, 0, () => noteUnknown(sql, startedAt))
  return { changed: changed + missing + gone + unknown, found: found.size }
}

const BEGIN =
  'UPDATE chatops.mirror SET sweep = sweep + 1, begun_at = $1 RETURNING sweep, read_at AS "readAt", identities'

// What was dead before anybody looked is nobody's news.
const COUNT_DEAD = `
  WITH dead AS (UPDATE chatops.mirrored_jobs SET told = true WHERE place = 'dead' RETURNING 1)
  UPDATE chatops.mirror SET dead_before = (SELECT count(*) FROM dead)`
