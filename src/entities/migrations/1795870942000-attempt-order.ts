import type { MigrationInterface, QueryRunner } from 'typeorm'

/** In which order registrations were put on record, whatever the clocks of those who did it said. */
export class AttemptOrder1795870942000 implements MigrationInterface {
  name = 'AttemptOrder1795870942000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.registration_attempts ADD COLUMN seq bigint;
      UPDATE chatops.registration_attempts attempt SET seq = place
        FROM (SELECT job_id, row_number() OVER (ORDER BY sent_at, job_id DESC) AS place
          FROM chatops.registration_attempts) placed
        WHERE placed.job_id = attempt.job_id;
      ALTER TABLE chatops.registration_attempts ALTER COLUMN seq SET NOT NULL,
        ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY;
      SELECT setval(pg_get_serial_sequence('chatops.registration_attempts', 'seq'),
        (SELECT coalesce(max(seq), 0) + 1 FROM chatops.registration_attempts), false);
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.registration_attempts DROP COLUMN seq')
  }
}
