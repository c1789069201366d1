import pTimeout from 'p-timeout'
import type { Job } from '../entities/chatops/job.ts'
import { JobFailed } from '../failures/job-failed.ts'
import { GiasError } from '../gias/errors.ts'
import { type LoadResult, loadExtract } from '../gias/load.ts'
import type { World } from '../world.ts'
import type { Finish } from './run/run-job.ts'

/** How soon to look again where another load is under way, perhaps one that a stopped worker has left behind. */
const BUSY_MS = 60_000

/**
 * Loads GIAS's extract, all of it or nothing. A worker that is asked to stop gives the job back: the load it leaves
 * behind ends with its connection, and changes nothing.
 */
export async function loadGias(world: World, _job: Job): Promise<Finish> {
  const { database, log, now, gias, stopping } = world
  const loaded = await unlessStopped(() => load({ database, log, now, url: gias.url }), stopping)
  if (!loaded) return async () => ({ kind: 'again', at: now() })
  if (loaded.kind === 'busy') return async () => ({ kind: 'again', at: new Date(now().getTime() + BUSY_MS) })
  if (loaded.kind === 'refused') throw new JobFailed('gias-refused', loaded.problem)
  return async () => ({ kind: 'done', result: loaded })
}

async function load(wanted: Parameters<typeof loadExtract>[0]): Promise<LoadResult> {
  try {
    return await loadExtract(wanted)
  } catch (error) {
    if (error instanceof GiasError) throw new JobFailed('gias-unavailable', error.problem)
    throw error
  }
}

/** What the work comes to; null if the worker is to stop before. */
async function unlessStopped<T>(work: () => Promise<T>, stopping = new AbortController().signal): Promise<T | null> {
  if (stopping.aborted) return null
  return pTimeout(work(), { milliseconds: Number.POSITIVE_INFINITY, signal: stopping }).catch((error: unknown) => {
    if (error === stopping.reason) return null
    throw error
  })
}
