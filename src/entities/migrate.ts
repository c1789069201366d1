import pg from 'pg'
import { createDataSource } from './data-source.ts'

const MIGRATION_LOCK = 7_031_520 // any number of our own; only one migrator holds it at a time

/**
 * Brings our schemas (`chatops`, and `bullmq` for the Postgres queue) up to date. Safe to run from several processes at
 * once: an advisory lock lets one work while the others wait. Never touches a table of Register's.
 * @param url a connection as chatops_owner
 */
export async function migrate(url: string): Promise<void> {
  const lock = new pg.Client({ connectionString: url, application_name: 'trainee-chatops migrate' })
  await lock.connect()
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await lock.query('CREATE SCHEMA IF NOT EXISTS chatops')
    const database = await createDataSource(url, 1).initialize()
    try {
      await database.runMigrations({ transaction: 'each' })
    } finally {
      await database.destroy()
    }
    await migrateQueue(lock)
  } finally {
    await lock.end()
  }
}

/** BullMQ's own migrations, as owner, so that the app's role needs no DDL. Unused when the queue runs on Redis. */
async function migrateQueue(client: pg.Client): Promise<void> {
  const { runMigrations } = await import('bullmq')
  await runMigrations(client, 'bullmq')
  await client.query(`
    GRANT USAGE ON SCHEMA bullmq TO chatops_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO chatops_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO chatops_app;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO chatops_app;
  `)
}
