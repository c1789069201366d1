import type { MigrationInterface, QueryRunner } from 'typeorm'

/** When the last whole sweep of Register's Sidekiq ended: the next one begins only after a pause, whichever worker makes it. */
export class SweepLength1795905600000 implements MigrationInterface {
  name = 'SweepLength1795905600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.mirror ADD COLUMN read_to timestamptz')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.mirror DROP COLUMN read_to')
  }
}
