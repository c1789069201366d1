import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Why an approved request is not carried out yet: what it needs does not answer, or another version of the bot made it. */
export class LeftToOthers1795917900000 implements MigrationInterface {
  name = 'LeftToOthers1795917900000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE chatops.change_requests ADD COLUMN left_to_others_since timestamptz, ADD COLUMN tried_at timestamptz',
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.change_requests DROP COLUMN left_to_others_since, DROP COLUMN tried_at')
  }
}
