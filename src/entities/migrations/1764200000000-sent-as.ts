import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a registration without an answer is looked for by in DTTP: a provider may change it in Register afterwards. */
export class SentAs1764200000000 implements MigrationInterface {
  name = 'SentAs1764200000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.registration_attempts ADD COLUMN sent_as jsonb')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.registration_attempts DROP COLUMN sent_as')
  }
}
