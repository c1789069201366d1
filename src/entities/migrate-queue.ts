import { runMigrations } from 'bullmq'
import type pg from 'pg'

/** BullMQ's own migrations, as owner, so that the app's role needs no DDL. Unused when the queue runs on Redis. */
export async function migrateQueue(client: pg.Client): Promise<void> {
  await runMigrations(client, 'bullmq')
  await client.query(`
    GRANT USAGE ON SCHEMA bullmq TO chatops_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO chatops_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO chatops_app;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO chatops_app;
  `)
}
