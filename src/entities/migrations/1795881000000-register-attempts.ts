import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * A registration that Register started itself and that nobody knows the outcome of is put on record, too. Its job is in
 * Register's Sidekiq, so the record need not refer to a job of ours.
 */
export class RegisterAttempts1795881000000 implements MigrationInterface {
  name = 'RegisterAttempts1795881000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE chatops.registration_attempts DROP CONSTRAINT IF EXISTS registration_attempts_job_id_fkey',
    )
  }

  async down(): Promise<void> {
    throw new Error('There is no way back: registrations whose outcome nobody knows would be forgotten.')
  }
}
