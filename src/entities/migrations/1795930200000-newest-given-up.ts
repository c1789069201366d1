import type { MigrationInterface, QueryRunner } from 'typeorm'

// Has the newest jobs of those that were given up read by an index, however many there are, whoever runs them. Each step has a
// transaction of its own, so that nobody waits for an index who reads, and nobody for two who writes.

export class NewestGivenUp1795930200000 implements MigrationInterface {
  name = 'NewestGivenUp1795930200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(indexOn('jobs'))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.jobs_newest_given_up')
  }
}

export class NewestGivenUpBeside1795930200001 implements MigrationInterface {
  name = 'NewestGivenUpBeside1795930200001'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(indexOn('mirrored_jobs'))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.mirrored_jobs_newest_given_up')
  }
}

/** Postgres reads two tables in one order by their indexes only where each stands alone in its part of a view. */
export class SeenJobsInOrder1795930200002 implements MigrationInterface {
  name = 'SeenJobsInOrder1795930200002'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(seenJobs('(SELECT p.timeout_at FROM chatops.polls p WHERE p.job_id = j.id)', ''))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(seenJobs('p.timeout_at', 'LEFT JOIN chatops.polls p ON p.job_id = j.id'))
  }
}

function indexOn(table: string): string {
  const where = "WHERE status = 'failed' AND cured_at IS NULL"
  return `CREATE INDEX IF NOT EXISTS ${table}_newest_given_up ON chatops.${table} (finished_at DESC, id) ${where}`
}

function seenJobs(timeoutAt: string, join: string): string {
  return `
    CREATE OR REPLACE VIEW chatops.seen_jobs AS
    SELECT 'bot' AS runner, j.id, j.name, NULL::text AS class_name, j.trainee_id, j.args, ${timeoutAt} AS timeout_at, j.once_key,
      j.status, j.due_at, j.attempts, j.stalls, j.run, j.hinted_at, j.lease_until, j.failure, j.result, j.progress,
      j.change_request_id, j.created_at, j.finished_at, j.cured_at, j.run::text AS fingerprint, NULL::text AS place
    FROM chatops.jobs j ${join}
    UNION ALL
    SELECT 'register', m.id, m.name, m.class_name, m.trainee_id, m.args, m.timeout_at, NULL,
      m.status, m.due_at, m.attempts, 0, m.attempts, NULL, NULL, m.failure, NULL, NULL,
      m.change_request_id, m.created_at, m.finished_at, m.cured_at,
      CASE WHEN m.place IN ('schedule', 'retry', 'dead') THEN concat_ws(' ', m.place, m.score, m.sha1) END, m.place
    FROM chatops.mirrored_jobs m`
}
