import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Why a row of the outbox fails is kept apart from what it waits for at the moment, which may be nobody's fault. */
export class FailingFor1795886400000 implements MigrationInterface {
  name = 'FailingFor1795886400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.outbox ADD COLUMN failing_for text;
      UPDATE chatops.outbox SET failing_for = waits_for WHERE failing_since IS NOT NULL`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.outbox DROP COLUMN failing_for')
  }
}
