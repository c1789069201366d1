import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Cards of requests that needed attention before they could be dealt with count as behind; a sweep has them drawn again. */
export class CardsOfAttention1795899152000 implements MigrationInterface {
  name = 'CardsOfAttention1795899152000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE chatops.change_requests SET card_version = card_version + 1
      WHERE status = 'needs-attention' AND card_ts IS NOT NULL
    `)
  }

  /** A card that is drawn once more does no harm. */
  async down(): Promise<void> {}
}
