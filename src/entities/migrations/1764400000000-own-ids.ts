import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The ids that we choose for what a registration creates, how often it was sent and asked about, and by which sending
 * DTTP's answer came. Registrations from before have no ids of ours.
 */
export class OwnIds1764400000000 implements MigrationInterface {
  name = 'OwnIds1764400000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.registration_attempts
        ADD COLUMN own_ids jsonb,
        ADD COLUMN last_sent_at timestamptz,
        ADD COLUMN sendings integer NOT NULL DEFAULT 1,
        ADD COLUMN asked integer NOT NULL DEFAULT 0,
        ADD COLUMN answered_sending integer,
        ADD COLUMN doubt text CHECK (doubt IN ('other-ids', 'taken-twice')),
        DROP CONSTRAINT registration_attempts_outcome_check,
        ADD CONSTRAINT registration_attempts_outcome_check
          CHECK (outcome IN ('registered', 'not-sent', 'unknown', 'taken-over'));
      CREATE INDEX registrations_by_trainee ON chatops.registration_attempts (trainee_id, sent_at DESC);
      CREATE INDEX registrations_in_doubt ON chatops.registration_attempts (job_id) WHERE doubt IS NOT NULL;`)
  }

  async down(): Promise<void> {
    throw new Error(
      'There is no way back: the ids of what was sent to DTTP would be forgotten. Restore a backup instead.',
    )
  }
}
