import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What was approved can be cancelled until it is carried out. */
export class CancelledApprovals1795903895000 implements MigrationInterface {
  name = 'CancelledApprovals1795903895000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`INSERT INTO chatops.transitions VALUES ('approved', 'cancelled')`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM chatops.transitions WHERE from_status = 'approved' AND to_status = 'cancelled'`)
  }
}
