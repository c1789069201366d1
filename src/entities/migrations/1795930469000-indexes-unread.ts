import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Indexes that nothing reads since PurgesByIndex and MirrorToPurge. Nobody can read a table from when one of its indexes is dropped
 * until the end of the transaction, so nothing that takes long stands beside this.
 */
export class IndexesUnread1795930469000 implements MigrationInterface {
  name = 'IndexesUnread1795930469000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX IF EXISTS chatops.jobs_over, chatops.alerts_over, chatops.mirrored_jobs_over')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX jobs_over ON chatops.jobs (finished_at) WHERE status = 'done' OR cured_at IS NOT NULL;
      CREATE INDEX alerts_over ON chatops.alerts (closed_at) WHERE status <> 'open';
      CREATE INDEX mirrored_jobs_over ON chatops.mirrored_jobs (finished_at) WHERE place = 'gone';
    `)
  }
}
