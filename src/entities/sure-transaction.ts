import { setTimeout as sleep } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type { DataSource, EntityManager } from 'typeorm'

/** The connection was lost during COMMIT, and the database could not say in time whether it took place. */
export class CommitUnknown extends Error {}

/** Slack waits three seconds for an answer to a click. */
const ASK_FOR_MS = 1_500
const PAUSE_MS = 50

/**
 * Runs the transaction behind somebody's click. When the connection is lost during COMMIT, Postgres is asked on another
 * one what became of the transaction: the person is told that something failed only if it was not done. Throws
 * CommitUnknown if Postgres does not answer in time.
 */
export async function sureTransaction<T>(database: DataSource, write: (sql: EntityManager) => Promise<T>): Promise<T> {
  const attempt: { id?: string; written?: { answer: T } } = {}
  try {
    return await database.transaction(async (sql) => {
      const answer = await write(sql)
      const id = transactions.get(sql) ?? (await readTransaction(sql))
      Object.assign(attempt, { id, written: { answer } })
      return answer
    })
  } catch (error) {
    const { id, written } = attempt
    if (!written || id === undefined) throw error // COMMIT was never sent
    if (await isCommitted(database, id)) return written.answer
    throw error
  }
}

/** What transactions are called that have said so. */
const transactions = new WeakMap<EntityManager, string>()

/** For whoever has just written something: how Postgres calls the transaction, which then need not be asked for. */
export function noteTransaction(sql: EntityManager, id: string): void {
  transactions.set(sql, id)
}

async function readTransaction(sql: EntityManager): Promise<string | undefined> {
  const [current] = await sql.query<{ id: string }[]>('SELECT pg_current_xact_id()::text AS id')
  return current?.id
}

async function isCommitted(database: DataSource, id: string): Promise<boolean> {
  const stop = new AbortController()
  try {
    return await pTimeout(askUntilOver(database, id, stop.signal), { milliseconds: ASK_FOR_MS })
  } catch {
    throw new CommitUnknown('nobody knows yet whether the transaction was committed')
  } finally {
    stop.abort()
  }
}

/** The lost session may still be committing, and the database may still be starting again. */
async function askUntilOver(database: DataSource, id: string, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted) {
    const [found] = await database
      .query<{ status: string | null }[]>('SELECT pg_xact_status($1::xid8) AS status', [id])
      .catch(() => [])
    if (found?.status === 'committed') return true
    if (found?.status === 'aborted') return false
    await sleep(PAUSE_MS)
  }
  return false
}
