import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The numbers that an older backup may not know of are left out: the bot takes them, and gives them to nothing. */
export class NumbersOfLost1795907080000 implements MigrationInterface {
  name = 'NumbersOfLost1795907080000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT USAGE ON SEQUENCE chatops.alerts_id_seq, chatops.school_waits_id_seq TO chatops_app')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE USAGE ON SEQUENCE chatops.alerts_id_seq, chatops.school_waits_id_seq FROM chatops_app')
  }
}
