import { inject } from 'vitest'

/**
 * One of sixteen databases of the run's Redis (`index` 0 to 15) that no test file running at the same time can reach:
 * two that shared one would take each other's jobs.
 */
export function redisDatabase(index: number): string {
  return inject('redisUrl').replace(/\d+$/, String(EACH * pool() + index))
}

/** Whether a database of the run's Redis is one of these sixteen. */
export function isOwnDatabase(number: number): boolean {
  return Math.floor(number / EACH) === pool()
}

const EACH = 16
const pool = () => Number(process.env['VITEST_POOL_ID'] ?? 0)
