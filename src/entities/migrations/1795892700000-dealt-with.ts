import type { MigrationInterface, QueryRunner } from 'typeorm'

/** When a request that needed attention was dealt with, and by whom: a person, or the bot, once all is as approved. */
export class DealtWith1795892700000 implements MigrationInterface {
  name = 'DealtWith1795892700000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.change_requests ADD COLUMN dealt_at timestamptz, ADD COLUMN dealt_by text;
      UPDATE chatops.change_requests SET dealt_at = now(), dealt_by = 'chatops'
      WHERE status = 'needs-attention' AND jsonb_path_exists(outcome, '$.verified[*]')
        AND NOT jsonb_path_exists(outcome, '$.verified[*] ? (@.holds == false)');
      CREATE INDEX change_requests_to_deal_with ON chatops.change_requests (finished_at DESC, id DESC)
        WHERE status = 'needs-attention' AND dealt_at IS NULL;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.change_requests DROP COLUMN dealt_at, DROP COLUMN dealt_by')
  }
}
