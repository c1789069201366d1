import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Which environment the database belongs to; null until the first process has stamped it. And for what the brake needs in a
 * copy or a restored backup: that messages wait, too, and how far Slack's receipts were ahead when that was noticed.
 */
export class Environment1765000000200 implements MigrationInterface {
  name = 'Environment1765000000200'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.identity ADD COLUMN environment text;
      GRANT UPDATE (environment) ON chatops.identity TO chatops_app;
      ALTER TABLE chatops.brake
        ADD COLUMN holds_messages boolean NOT NULL DEFAULT false CHECK (NOT holds_messages OR paused_at IS NOT NULL),
        ADD COLUMN receipts_seen bigint NOT NULL DEFAULT 0;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.identity DROP COLUMN environment;
      ALTER TABLE chatops.brake DROP COLUMN holds_messages, DROP COLUMN receipts_seen;
    `)
  }
}
