import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Whoever reviews a request is shown the others that write the same rows. */
export class RequestsByRow1795875600001 implements MigrationInterface {
  name = 'RequestsByRow1795875600001'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX change_requests_by_row ON chatops.change_requests USING gin (subjects)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.change_requests_by_row')
  }
}
