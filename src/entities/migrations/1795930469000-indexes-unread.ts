import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Indexes that nothing reads since PurgesByIndex, MirrorToPurge and NewestGivenUp. Nobody can read a table from when one of its
 * indexes is dropped until the end of the transaction, so each has one of its own.
 */
export class IndexesUnread1795930469000 implements MigrationInterface {
  name = 'IndexesUnread1795930469000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    for (const index of UNREAD) await runner.query(`DROP INDEX IF EXISTS chatops.${index}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX jobs_over ON chatops.jobs (finished_at) WHERE status = 'done' OR cured_at IS NOT NULL;
      CREATE INDEX alerts_over ON chatops.alerts (closed_at) WHERE status <> 'open';
      CREATE INDEX mirrored_jobs_over ON chatops.mirrored_jobs (finished_at) WHERE place = 'gone';
      CREATE INDEX jobs_given_up ON chatops.jobs (finished_at) WHERE status = 'failed' AND cured_at IS NULL;
      CREATE INDEX mirrored_jobs_given_up ON chatops.mirrored_jobs (finished_at) WHERE status = 'failed' AND cured_at IS NULL;
    `)
  }
}

const UNREAD = ['jobs_over', 'jobs_given_up', 'alerts_over', 'mirrored_jobs_over', 'mirrored_jobs_given_up']
