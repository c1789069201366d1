import { inject } from 'vitest'

/**
 * One of sixteen databases of the run's Redis (`index` 0 to 15) that no test file running at the same time can reach:
 * two that shared one would take each other's jobs.
 */
export function redisDatabase(index: number): string {
  const pool = Number(process.env['VITEST_POOL_ID'] ?? 0)
  return inject('redisUrl').replace(/\d+$/, String(16 * pool + index))
}
