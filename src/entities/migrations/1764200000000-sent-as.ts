import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Keeps what was sent, by which a registration without an answer is looked for in DTTP. What Register says may be
 * changed afterwards.
 */
export class SentAs1764200000000 implements MigrationInterface {
  name = 'SentAs1764200000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.registration_attempts ADD COLUMN sent_as jsonb')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.registration_attempts DROP COLUMN sent_as')
  }
}
