import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The requests and the waits for a school that stand beside an open alert, as its post was last drawn. */
export class BesideAlerts1795875500003 implements MigrationInterface {
  name = 'BesideAlerts1795875500003'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.alerts ADD COLUMN beside jsonb;
      CREATE INDEX alert_entries_of_trainee ON chatops.alert_entries (trainee_id) WHERE settled_at IS NULL;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX chatops.alert_entries_of_trainee;
      ALTER TABLE chatops.alerts DROP COLUMN beside;
    `)
  }
}
