import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Has the metrics count what was left to an operator or given up, however much was sent. */
export class LeftRows1795915906000 implements MigrationInterface {
  name = 'LeftRows1795915906000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "CREATE INDEX outbox_left ON chatops.outbox (status, claimed_at) WHERE status IN ('waiting', 'failed')",
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.outbox_left')
  }
}
