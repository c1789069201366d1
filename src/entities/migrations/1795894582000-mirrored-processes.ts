import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Which processes of Register's Sidekiq the last sweep found: one that ends may take a job with it. */
export class MirroredProcesses1795894582000 implements MigrationInterface {
  name = 'MirroredProcesses1795894582000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE chatops.mirror ADD COLUMN identities text[] NOT NULL DEFAULT '{}'")
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.mirror DROP COLUMN identities')
  }
}
