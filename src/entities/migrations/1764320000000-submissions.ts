import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Which submission of a form made a request or a wait: the same one, sent again, makes no second. */
export class Submissions1764320000000 implements MigrationInterface {
  name = 'Submissions1764320000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['change_requests', 'school_waits']) {
      await runner.query(`
        ALTER TABLE chatops.${table} ADD COLUMN submission text;
        CREATE UNIQUE INDEX ${table}_one_per_submission ON chatops.${table} (requester, submission)
          WHERE submission IS NOT NULL;
      `)
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['change_requests', 'school_waits']) {
      await runner.query(`ALTER TABLE chatops.${table} DROP COLUMN submission`)
    }
  }
}
