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
  const attempt: Partial<Transaction> & { written?: { answer: T } } = {}
  try {
    return await database.transaction(async (sql) => {
      const answer = await write(sql)
      Object.assign(attempt, transactions.get(sql) ?? (await readTransaction(sql)), { written: { answer } })
      return answer
    })
  } catch (error) {
    const { id, entry, written } = attempt
    if (!written || id === undefined) throw error // COMMIT was never sent
    if (await isCommitted(database, { id, entry })) return written.answer
    throw error
  }
}

/** How Postgres calls a transaction, and the hash of its entry in the ledger, if it has one. */
type Transaction = { id: string; entry: string | undefined }

/** What is known of transactions that have said so. */
const transactions = new WeakMap<EntityManager, Transaction>()

/** For whoever has just written something: then the transaction need not be asked for. */
export function noteTransaction(sql: EntityManager, transaction: Transaction): void {
  transactions.set(sql, transaction)
}

async function readTransaction(sql: EntityManager): Promise<Pick<Transaction, 'id'> | undefined> {
  const [current] = await sql.query<{ id: string }[]>('SELECT pg_current_xact_id()::text AS id')
  return current
}

async function isCommitted(database: DataSource, transaction: Transaction): Promise<boolean> {
  const stop = new AbortController()
  try {
    return await pTimeout(askUntilOver(database, transaction, stop.signal), { milliseconds: ASK_FOR_MS })
  } catch {
    throw new CommitUnknown('nobody knows yet whether the transaction was committed')
  } finally {
    stop.abort()
  }
}

/** The lost session may still be committing, and the database may still be starting again. */
async function askUntilOver(database: DataSource, { id, entry }: Transaction, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted) {
    const [found] = await database
      .query<{ status: string | null }[]>('SELECT pg_xact_status($1::xid8) AS status', [id])
      .catch(() => [])
    const isCommitted = found?.status === 'committed'
    const isOurs = !isCommitted || entry === undefined || (await isOnRecord(database, entry).catch(() => null))
    if (isCommitted && isOurs !== null) return isOurs
    if (found?.status === 'aborted') return false
    await sleep(PAUSE_MS)
  }
  return false
}

/**
 * After a failover that has lost our transaction, another one may have its number. Ask only after that number is committed: if
 * our entry is not there then, our transaction was lost.
 */
async function isOnRecord(database: DataSource, entry: string): Promise<boolean> {
  const [found] = await database.query<{ is: boolean }[]>(
    'SELECT EXISTS (SELECT FROM chatops.ledger WHERE hash = $1) AS is',
    [entry],
  )
  return found?.is === true
}
