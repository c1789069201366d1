import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Entries of the first chain may be put into a ledger again, as a copy into another database does: by logical replication, or
 * by restoring data into tables that are there. Only `chatops.append_ledger` adds entries otherwise, of the second chain, and
 * verify-ledger finds one of the first behind one of the second.
 */
export class CopiedLedger1795929189000 implements MigrationInterface {
  name = 'CopiedLedger1795929189000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(replaceConstraint('chain IN (1, 2)'))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(replaceConstraint('chain = 2'))
  }
}

function replaceConstraint(check: string): string {
  return `ALTER TABLE chatops.ledger DROP CONSTRAINT ledger_chain, ADD CONSTRAINT ledger_chain CHECK (${check}) NOT VALID`
}
