import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * However much is kept of what is over, none of the purges goes over all of it each time. Those that must look whether a row is
 * needed still, go on where the last one has ended (`entities/walk.ts`); the others find by an index what they remove.
 */
export class PurgesByIndex1795917000000 implements MigrationInterface {
  name = 'PurgesByIndex1795917000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXES)
    await runner.query(OVER)
    await runner.query(JOBS)
    await runner.query(ALERTS)
    await runner.query(RIGHTS)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION chatops.purge_jobs, chatops.purge_alerts;
      DROP INDEX chatops.jobs_to_purge, chatops.alerts_to_purge, chatops.manual_steps_told, chatops.school_waits_shown,
        chatops.school_waits_filled;
    `)
  }
}

const INDEXES = `
  CREATE INDEX jobs_to_purge ON chatops.jobs (finished_at, id) WHERE status = 'done' OR cured_at IS NOT NULL;
  CREATE INDEX alerts_to_purge ON chatops.alerts (closed_at, id) WHERE status <> 'open';
  CREATE INDEX manual_steps_told ON chatops.manual_steps (added_at) WHERE text IS NOT NULL AND done_at IS NOT NULL;
  CREATE INDEX school_waits_shown ON chatops.school_waits (created_at) WHERE status = 'shown';
  CREATE INDEX school_waits_filled ON chatops.school_waits (over_at) WHERE form IS NOT NULL;
`

// What an older version of the bot, which may run for a while yet, calls as well. Nothing goes within a day, whatever is
// asked for.
const OVER = `
  CREATE OR REPLACE FUNCTION chatops.purge_over(over_since timestamptz, batch integer) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    before timestamptz := least(over_since, now() - interval '1 day');
    removed bigint;
    total bigint := 0;
  BEGIN
    DELETE FROM chatops.outbox WHERE id IN (
      SELECT id FROM chatops.outbox WHERE status IN ('sent', 'failed') AND created_at <= before
      LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;

    DELETE FROM chatops.reports WHERE (trouble, day) IN (
      SELECT trouble, day FROM chatops.reports WHERE day <= before::date LIMIT batch);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN total + removed;
  END
  $$;
`

// A poll and the record of a registration need their job, and a request its jobs until its plan is forgotten. OFFSET 0 keeps
// Postgres from reading all of the other tables instead of looking for each row by an index.
const JOBS = `
  CREATE FUNCTION chatops.purge_jobs(over_since timestamptz, batch integer, after_at timestamptz, after_id uuid,
    OUT at timestamptz, OUT id uuid, OUT looked integer, OUT removed integer) LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH looked AS MATERIALIZED (
    SELECT job.id, job.finished_at, job.change_request_id FROM chatops.jobs job
    WHERE (job.status = 'done' OR job.cured_at IS NOT NULL)
      AND job.finished_at <= least(over_since, now() - interval '1 day')
      AND (job.finished_at, job.id) > (after_at, after_id)
    ORDER BY job.finished_at, job.id LIMIT batch),
  needless AS MATERIALIZED (
    SELECT job.id FROM chatops.jobs job JOIN looked ON looked.id = job.id
    WHERE NOT EXISTS (SELECT FROM chatops.polls WHERE job_id = looked.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM chatops.registration_attempts WHERE job_id = looked.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM chatops.alert_entries WHERE job_id = looked.id OFFSET 0)
      AND NOT EXISTS (
        SELECT FROM chatops.change_requests request WHERE request.id = looked.change_request_id AND plan IS NOT NULL OFFSET 0)
    FOR UPDATE OF job SKIP LOCKED),
  gone AS (DELETE FROM chatops.jobs job USING needless WHERE job.id = needless.id RETURNING 1),
  latest AS (SELECT looked.finished_at, looked.id FROM looked ORDER BY 1 DESC, 2 DESC LIMIT 1)
  SELECT (SELECT finished_at FROM latest), (SELECT latest.id FROM latest),
    (SELECT count(*)::int FROM looked), (SELECT count(*)::int FROM gone)
  $$;
`

// A dismissed alert keeps quiet about what has not been settled.
const ALERTS = `
  CREATE FUNCTION chatops.purge_alerts(over_since timestamptz, batch integer, after_at timestamptz, after_id bigint,
    OUT at timestamptz, OUT id bigint, OUT looked integer, OUT removed integer) LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH looked AS MATERIALIZED (
    SELECT alert.id, alert.closed_at FROM chatops.alerts alert
    WHERE alert.status <> 'open' AND alert.closed_at <= least(over_since, now() - interval '1 day')
      AND (alert.closed_at, alert.id) > (after_at, after_id)
    ORDER BY alert.closed_at, alert.id LIMIT batch),
  needless AS MATERIALIZED (
    SELECT alert.id FROM chatops.alerts alert JOIN looked ON looked.id = alert.id
    WHERE NOT EXISTS (SELECT FROM chatops.alert_entries WHERE alert_id = looked.id AND settled_at IS NULL OFFSET 0)
    FOR UPDATE OF alert SKIP LOCKED),
  entries AS (DELETE FROM chatops.alert_entries entry USING needless WHERE entry.alert_id = needless.id),
  gone AS (DELETE FROM chatops.alerts alert USING needless WHERE alert.id = needless.id RETURNING 1),
  latest AS (SELECT looked.closed_at, looked.id FROM looked ORDER BY 1 DESC, 2 DESC LIMIT 1)
  SELECT (SELECT closed_at FROM latest), (SELECT latest.id FROM latest),
    (SELECT count(*)::int FROM looked), (SELECT count(*)::int FROM gone)
  $$;
`

const RIGHTS = `
  REVOKE ALL ON FUNCTION chatops.purge_jobs, chatops.purge_alerts FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION chatops.purge_jobs, chatops.purge_alerts TO chatops_app;
`
