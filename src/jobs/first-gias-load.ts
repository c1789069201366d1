import { findGiasAge } from '../gias/schools.ts'
import type { World } from '../world.ts'
import { enqueueJob } from './enqueue.ts'

/**
 * A new installation does not wait for the night: GIAS is loaded soon after the start where it never was. The answer
 * returns how many jobs it added, at most one ever; it does nothing the first time that it is called.
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
