import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What is long over can be removed: outbox rows, jobs, alerts and reports. The bot itself may delete no row; it may call
 * this function, which knows what is over.
 */
export class Purges1795871753000 implements MigrationInterface {
  name = 'Purges1795871753000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXES)
    await runner.query(PURGE)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION chatops.purge_over;
      DROP INDEX chatops.outbox_over, chatops.jobs_over, chatops.alerts_over, chatops.reports_by_day;
    `)
  }
}

const INDEXES = `
  CREATE INDEX outbox_over ON chatops.outbox (created_at) WHERE status IN ('sent', 'failed');
  CREATE INDEX jobs_over ON chatops.jobs (finished_at) WHERE status = 'done' OR cured_at IS NOT NULL;
  CREATE INDEX alerts_over ON chatops.alerts (closed_at) WHERE status <> 'open';
  CREATE INDEX reports_by_day ON chatops.reports (day);
`

// A poll and the record of a registration need their job, and a request its jobs until its plan is forgotten. A dismissed
// alert keeps quiet about what has not been settled. Nothing goes within a day, whatever is asked for.
const PURGE = `
  CREATE FUNCTION chatops.purge_over(over_since timestamptz, batch integer) RETURNS bigint LANGUAGE plpgsql
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

    WITH over AS (
      SELECT id FROM chatops.alerts alert WHERE status <> 'open' AND closed_at <= before
        AND NOT EXISTS (SELECT FROM chatops.alert_entries WHERE alert_id = alert.id AND settled_at IS NULL)
      LIMIT batch FOR UPDATE SKIP LOCKED),
    entries AS (DELETE FROM chatops.alert_entries WHERE alert_id IN (SELECT id FROM over))
    DELETE FROM chatops.alerts WHERE id IN (SELECT id FROM over);
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;

    DELETE FROM chatops.jobs WHERE id IN (
      SELECT id FROM chatops.jobs job WHERE (status = 'done' OR cured_at IS NOT NULL) AND finished_at <= before
        AND NOT EXISTS (SELECT FROM chatops.polls WHERE job_id = job.id)
        AND NOT EXISTS (SELECT FROM chatops.registration_attempts WHERE job_id = job.id)
        AND NOT EXISTS (SELECT FROM chatops.alert_entries WHERE job_id = job.id)
        AND NOT EXISTS (
          SELECT FROM chatops.change_requests WHERE id = job.change_request_id AND plan IS NOT NULL)
      LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS removed = ROW_COUNT;
    total := total + removed;

    DELETE FROM chatops.reports WHERE (trouble, day) IN (
      SELECT trouble, day FROM chatops.reports WHERE day <= before::date LIMIT batch);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN total + removed;
  END
  $$;
  REVOKE ALL ON FUNCTION chatops.purge_over FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION chatops.purge_over TO chatops_app;
`
