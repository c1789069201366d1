import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * When something made up for a job that had failed. For jobs that failed under an earlier version: when a later job of
 * the same kind, trainee and record was done, or people found out that its registration had worked.
 */
export class CuredJobs1795867820000 implements MigrationInterface {
  name = 'CuredJobs1795867820000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.jobs ADD COLUMN cured_at timestamptz;
      UPDATE chatops.jobs job SET cured_at = cured.at
      FROM (
        SELECT failed.id, min(coalesce(done.finished_at, attempt.settled_at, failed.finished_at)) AS at
        FROM chatops.jobs failed
          LEFT JOIN chatops.jobs done ON done.status = 'done' AND done.name = failed.name
            AND done.finished_at > failed.finished_at
            AND coalesce(done.trainee_id, 0) = coalesce(failed.trainee_id, 0)
            AND coalesce(done.args ->> 'entity', '') = coalesce(failed.args ->> 'entity', '')
          LEFT JOIN chatops.registration_attempts attempt
            ON attempt.job_id = failed.id AND attempt.outcome = 'registered'
        WHERE failed.status = 'failed' AND (done.id IS NOT NULL OR attempt.job_id IS NOT NULL)
        GROUP BY failed.id
      ) AS cured
      WHERE job.id = cured.id;
      CREATE INDEX jobs_given_up ON chatops.jobs (finished_at) WHERE status = 'failed' AND cured_at IS NULL;
      CREATE INDEX alert_entries_by_job ON chatops.alert_entries (job_id);
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX chatops.alert_entries_by_job;
      ALTER TABLE chatops.jobs DROP COLUMN cured_at;
    `)
  }
}
