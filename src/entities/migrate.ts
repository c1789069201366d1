import pg from 'pg'
import type { MigrationInterface } from 'typeorm'
import { OperatorError } from '../error-facts.ts'
import { createDataSource } from './data-source.ts'
import { retryConflicts } from './transient.ts'

const MIGRATION_LOCK = 7_031_520 // any number of our own; only one migrator holds it at a time

/**
 * Brings our schemas (`chatops`, and `bullmq` for the Postgres queue) up to date. Safe to run from several processes at
 * once: an advisory lock lets one work while the others wait, and say so. Never touches a table of Register's.
 * @param url a connection as chatops_owner
 */
export async function migrate(url: string, report: (words: string) => void = () => {}): Promise<void> {
  const [lock, client] = [connect(url), connect(url)]
  let alive: NodeJS.Timeout | undefined
  try {
    await lock.connect()
    await client.connect()
    await lock.query('BEGIN')
    await lock.query(FOR_AS_LONG_AS_IT_TAKES)
    const { rows } = await lock.query('SELECT pg_try_advisory_xact_lock($1) AS held', [MIGRATION_LOCK])
    if (!rows[0].held) {
      report('Another migration is under way. This one begins when that is over.')
      await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    }
    alive = setInterval(() => lock.query('SELECT 1').catch(() => {}), ALIVE_EVERY_MS)
    await client.query('CREATE SCHEMA IF NOT EXISTS chatops')
    const database = await createDataSource(url, 1).initialize()
    for (const migration of database.migrations) takeItsTime(migration, lock)
    try {
      // Whoever is at work may hold one table and wait for another, as a migration does.
      await retryConflicts(() => database.runMigrations({ transaction: 'each' }))
    } finally {
      await database.destroy()
    }
    const { migrateQueue } = await import('./migrate-queue.ts') // no other command needs BullMQ
    await migrateQueue(client)
  } finally {
    clearInterval(alive)
    await Promise.all([lock.end(), client.end()])
  }
}

/**
 * A change of a large table may take longer than any statement of the bot's. It waits for a lock no longer than those do. Each
 * migration asks first whether this process still holds the lock: whoever was frozen has lost it, and another may be at work.
 */
function takeItsTime(migration: MigrationInterface, lock: pg.Client): void {
  const up = migration.up.bind(migration)
  migration.up = async (runner) => {
    await lock.query('SELECT 1').catch(() => {
      throw new OperatorError(
        'this migration was frozen, and another may have begun since. Run bin/chatops migrate again',
      )
    })
    if (migration.transaction !== false) await runner.query('SET LOCAL statement_timeout = 0')
    await up(runner)
  }
}

/** The lock is held by a transaction of its own. A process that is frozen, or whose machine is gone, loses it. */
const FOR_AS_LONG_AS_IT_TAKES =
  "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '30s'"
const ALIVE_EVERY_MS = 5_000

function connect(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url, application_name: 'trainee-chatops migrate' })
  client.on('error', () => {}) // whoever uses it is told
  return client
}
