import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Whom a waiting request calls, and when it reminds them; when each channel last called somebody; and on which mornings
 * each channel was told what waits.
 */
export class Calls1795875500001 implements MigrationInterface {
  name = 'Calls1795875500001'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.change_requests ADD COLUMN calls text, ADD COLUMN remind_at timestamptz;
      CREATE TABLE chatops.calls (channel text PRIMARY KEY, called_at timestamptz NOT NULL);
      CREATE TABLE chatops.mornings (channel text NOT NULL, day date NOT NULL, PRIMARY KEY (channel, day));
      GRANT SELECT, INSERT, UPDATE ON chatops.calls TO chatops_app;
      GRANT SELECT, INSERT ON chatops.mornings TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE chatops.calls;
      DROP TABLE chatops.mornings;
      ALTER TABLE chatops.change_requests DROP COLUMN calls, DROP COLUMN remind_at;
    `)
  }
}
