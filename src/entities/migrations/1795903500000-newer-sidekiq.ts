import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Whether Register's Sidekiq was a version that was not tried when it was last seen to run anything: it does not say so. And
 * when somebody last began to read it.
 */
export class NewerSidekiq1795903500000 implements MigrationInterface {
  name = 'NewerSidekiq1795903500000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE chatops.mirror ADD COLUMN is_newer boolean NOT NULL DEFAULT false, ADD COLUMN begun_at timestamptz',
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.mirror DROP COLUMN is_newer, DROP COLUMN begun_at')
  }
}
