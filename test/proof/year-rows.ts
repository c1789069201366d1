// What else a year brings beside requests, and how everything comes to be a year old.
import type pg from 'pg'

/** As many rows as requests of whatever the bot did and saw by itself, all of it over. */
export async function fillAround(admin: pg.Client, count: number): Promise<void> {
  await admin.query(`
    WITH failed AS (
      INSERT INTO chatops.jobs (name, trainee_id, status, failure, finished_at, cured_at)
      SELECT 'update-trainee', n, 'failed', '{"code": "gone", "words": "It is gone.", "at": "2026-01-01T00:00:00Z"}', now(), now()
      FROM generate_series(1, ${count}) n RETURNING id, trainee_id),
    alert AS (
      INSERT INTO chatops.alerts (cause, status, channel, closed_at)
      SELECT 'year:' || trainee_id, 'resolved', 'C01', now() FROM failed RETURNING id, cause)
    INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, job_id, failure, settled_at)
    SELECT alert.id, 'update-trainee:' || trainee_id, trainee_id, failed.id, '{}', now()
    FROM alert JOIN failed ON alert.cause = 'year:' || failed.trainee_id`)
  const each = `FROM generate_series(1, ${count}) n`
  const place = `INSERT INTO chatops.mirrored_jobs (id, name, trainee_id, place, queue, due_at, created_at, finished_at, told)`
  await admin.query(
    `${place} SELECT gen_random_uuid(), 'update-trainee', n, 'gone', 'dttp', now(), now(), now(), true ${each}`,
  )
  await admin.query(`INSERT INTO chatops.answered_messages (channel, ts) SELECT 'C01', n::text ${each}`)
  await admin.query(`INSERT INTO chatops.reports (trouble, day) SELECT 'trouble ' || n, current_date ${each}`)
  await admin.query(`INSERT INTO chatops.mornings (channel, day) SELECT 'C' || n, current_date ${each}`)
}

const LONG_AGO = `now() - interval '91 days'`

/** The rows that must be gone a year later, as SQL. */
export const OVER = [
  `SELECT 1 FROM chatops.outbox WHERE created_at < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.alerts WHERE closed_at < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.alert_entries WHERE settled_at < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.mirrored_jobs WHERE finished_at < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.answered_messages WHERE answered_at < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.reports WHERE day < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.mornings WHERE day < ${LONG_AGO}`,
  `SELECT 1 FROM chatops.jobs job WHERE finished_at < ${LONG_AGO}
     AND NOT EXISTS (SELECT FROM chatops.polls WHERE job_id = job.id)
     AND NOT EXISTS (SELECT FROM chatops.registration_attempts WHERE job_id = job.id)`,
].join(' UNION ALL ')

/** All our times are so many days earlier; but the ledger's, which nobody can change. */
export async function makeOlder(admin: pg.Client, days: number): Promise<void> {
  const { rows } = await admin.query<{ name: string; columns: string[] }>(`
    SELECT table_name AS name, array_agg(quote_ident(column_name)) AS columns FROM information_schema.columns
      JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'chatops' AND table_type = 'BASE TABLE' AND table_name NOT IN ('ledger', 'migrations')
      AND data_type IN ('timestamp with time zone', 'date')
    GROUP BY table_name`)
  await admin.query(`SET session_replication_role = 'replica'`)
  for (const { name, columns } of rows) {
    const earlier = columns.map((column) => `${column} = ${column} - interval '${days} days'`).join(', ')
    await admin.query(`UPDATE chatops.${name} SET ${earlier}`)
  }
  await admin.query(`SET session_replication_role = 'origin'`)
}
