import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Finds for how long the bot was paused, and what was said of a request, without reading all of the ledger and the outbox. */
export class LargeTables1795892900000 implements MigrationInterface {
  name = 'LargeTables1795892900000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX ledger_pauses ON chatops.ledger (seq) WHERE event IN ('paused', 'resumed');
      CREATE INDEX outbox_by_request ON chatops.outbox (change_request_id);
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.ledger_pauses, chatops.outbox_by_request')
  }
}
