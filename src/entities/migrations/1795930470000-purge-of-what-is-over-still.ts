import type { MigrationInterface, QueryRunner } from 'typeorm'

/** A job that was over and is started again while the purge looks at it is kept. Otherwise as in PurgesByIndex. */
export class PurgeOfWhatIsOverStill1795930470000 implements MigrationInterface {
  name = 'PurgeOfWhatIsOverStill1795930470000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(JOBS)
  }

  /** It is called as before. */
  async down(): Promise<void> {}
}

const JOBS = `
  CREATE OR REPLACE FUNCTION chatops.purge_jobs(over_since timestamptz, batch integer, after_at timestamptz, after_id uuid,
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
  gone AS (DELETE FROM chatops.jobs job USING needless WHERE job.id = needless.id
    AND (job.status = 'done' OR job.cured_at IS NOT NULL) RETURNING 1),
  latest AS (SELECT looked.finished_at, looked.id FROM looked ORDER BY 1 DESC, 2 DESC LIMIT 1)
  SELECT (SELECT finished_at FROM latest), (SELECT latest.id FROM latest),
    (SELECT count(*)::int FROM looked), (SELECT count(*)::int FROM gone)
  $$;
`
