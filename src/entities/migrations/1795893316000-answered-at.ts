import type { MigrationInterface, QueryRunner } from 'typeorm'

/** When the answers of a request were last changed before it was sent; null of those that were made before there was this. */
export class AnsweredAt1795893316000 implements MigrationInterface {
  name = 'AnsweredAt1795893316000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.change_requests ADD COLUMN answered_at timestamptz')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.change_requests DROP COLUMN answered_at')
  }
}
