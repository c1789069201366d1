import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Finds what is to be purged without reading every request that ever was. */
export class RequestsToPurge1795874760000 implements MigrationInterface {
  name = 'RequestsToPurge1795874760000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX change_requests_to_purge ON chatops.change_requests (finished_at) WHERE plan IS NOT NULL',
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.change_requests_to_purge')
  }
}
