import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What PurgesByIndex has for jobs of our own, for those of Register's Sidekiq: of them there are many more. Apart from that one, so
 * that nobody who writes to the other tables waits for these indexes.
 */
export class MirrorToPurge1795930468000 implements MigrationInterface {
  name = 'MirrorToPurge1795930468000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX IF NOT EXISTS mirrored_jobs_to_purge ON chatops.mirrored_jobs (finished_at, id) WHERE place = 'gone';
      CREATE INDEX IF NOT EXISTS mirrored_jobs_missing ON chatops.mirrored_jobs (name, missing_since, id)
        WHERE place = 'missing';
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.mirrored_jobs_to_purge, chatops.mirrored_jobs_missing')
  }
}
