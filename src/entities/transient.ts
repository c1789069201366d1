import { setTimeout as sleep } from 'node:timers/promises'
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm'

// Which database errors go away by themselves.

/** Serialization failure, deadlock, lock not available: the whole transaction may be tried again at once. */
const CONFLICTS = new Set(['40001', '40P01', '55P03'])

const ATTEMPTS = 5

/** Runs a transaction again when it lost against another one. */
export async function retryConflicts<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      if (attempt === ATTEMPTS || !CONFLICTS.has(codeOf(error))) throw error
      await sleep(attempt * 20 + Math.random() * 50)
    }
  }
}

/**
 * Codes of Postgres that say of a statement that it can never work, by their beginnings: its number of rows (21), its data
 * (22), what the tables demand (23, 27, 44), its words (42), and what our own functions refuse (P0).
 */
const FINAL = /^(21|22|23|27|42|44|P0)/

/**
 * Codes that are known to go away by themselves: a server that is away (08), full (53), busy, shutting down (57), or not the
 * primary (25006), a time-out, a name that cannot be looked up just now.
 */
const PASSING = /^(08|53|57|25P03|25006)|^E(AI_)?[A-Z]+$/

const SQLSTATE = /^[0-9A-Z]{5}$/

/**
 * Whether an error may go away by itself: a conflict that was left after the retries, a lost connection, and every code of
 * Postgres that does not say that the statement can never work. A password that is being changed (28P01) or a disk that
 * stutters (58030) is "not now".
 */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return isKnownToPass(error) || (SQLSTATE.test(code) && !FINAL.test(code))
}

/** The code of an error that counts as one that goes away only because nothing says otherwise; null for every other. */
export function unlistedCode(error: unknown): string | null {
  return isTransient(error) && !isKnownToPass(error) ? codeOf(error) : null
}

function isKnownToPass(error: unknown): boolean {
  const code = codeOf(error)
  return CONFLICTS.has(code) || PASSING.test(code) || isLostConnection(error)
}

/** Whether a statement names what is no longer there, or is of another type, or what we may not touch. */
export function isOfSchema(error: unknown): boolean {
  return ['42703', '42P01', '42501', '42883', '42804'].includes(codeOf(error))
}

/** Whether our own database may take the same later: what stands in the way passes, or Register is being deployed. */
export function mayPass(error: unknown): boolean {
  return isTransient(error) || isOfSchema(error)
}

/** Somebody else has written the same row in the meantime. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === '23505'
}

/** TypeORM gives a transaction's session back as soon as it is lost, and then says only that. */
function isLostConnection(error: unknown): boolean {
  return (
    error instanceof QueryRunnerAlreadyReleasedError ||
    error instanceof QueryRunnerProviderAlreadyReleasedError ||
    (error instanceof Error &&
      /connection (terminated|ended|timeout)|timeout exceeded|not queryable/i.test(error.message))
  )
}

function codeOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } }
  return String(driverError?.code ?? code ?? '')
}
