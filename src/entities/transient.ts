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
 * Whether an error goes away by itself: a conflict that was left after the retries, a time-out, a server that is away,
 * shutting down, or not the primary (25006), a name that cannot be looked up just now, a lost connection.
 */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return (
    CONFLICTS.has(code) ||
    /^(08|53|57|25P03|25006)/.test(code) ||
    /^E(AI_)?[A-Z]+$/.test(code) ||
    isLostConnection(error)
  )
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
