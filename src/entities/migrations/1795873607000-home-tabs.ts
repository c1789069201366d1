import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who has opened the Home tab, what they see of it, and when it was drawn last. One row for each person. */
export class HomeTabs1795873607000 implements MigrationInterface {
  name = 'HomeTabs1795873607000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE chatops.home_tabs (
        slack_user text PRIMARY KEY,
        shows jsonb NOT NULL,
        opened_at timestamptz NOT NULL,
        drawn_at timestamptz NOT NULL,
        drawn_as text NOT NULL,
        redrawn_at timestamptz
      );
      CREATE INDEX home_tabs_opened ON chatops.home_tabs (opened_at);
      CREATE INDEX home_tabs_redrawn ON chatops.home_tabs (redrawn_at);
      GRANT SELECT, INSERT, UPDATE ON chatops.home_tabs TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chatops.home_tabs')
  }
}
