import type { ChangesContext } from '../changes/context.ts'
import { enqueueJob } from '../changes/jobs.ts'
import { findGiasAge } from '../gias/schools.ts'

/**
 * A new installation does not wait for the night: GIAS is loaded soon after the start where it never was. The answer
 * returns how many jobs it added, at most one ever; it does nothing the first time that it is called.
 */
export function createFirstGiasLoad(context: ChangesContext): () => Promise<number> {
  let calls = 0
  return async () => {
    calls++
    if (calls !== 2 || (await findGiasAge(context.database.manager))) return 0
    const job = { name: 'load-gias', trainee: null, dueAt: context.now(), onceKey: 'load-gias, the first' } as const
    return (await context.database.transaction((sql) => enqueueJob(sql, job))) === null ? 0 : 1
  }
}
