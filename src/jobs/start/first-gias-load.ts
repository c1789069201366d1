import { findGiasAge } from '../../gias/schools.ts'
import type { World } from '../../world.ts'
import { enqueueJob } from './enqueue.ts'

/**
 * Makes a sweep that has GIAS loaded soon after the start of a new installation, instead of in the next night. Its
 * second call adds the job if GIAS was never loaded; every other call does nothing. The sweep returns how many jobs it
 * added.
 */
export function createFirstGiasLoad(world: World): () => Promise<number> {
  let calls = 0
  return async () => {
    calls++
    if (calls !== 2 || (await findGiasAge(world.database.manager))) return 0
    const job = { name: 'load-gias', trainee: null, dueAt: world.now(), onceKey: 'load-gias, the first' } as const
    return (await world.database.transaction((sql) => enqueueJob(sql, job))) === null ? 0 : 1
  }
}
