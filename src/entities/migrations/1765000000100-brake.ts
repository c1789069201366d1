import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The brake: one row that says whether the bot may act. */
export class Brake1765000000100 implements MigrationInterface {
  name = 'Brake1765000000100'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE chatops.brake (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        paused_at timestamptz,
        paused_by text,
        reason text,
        resume_asked_at timestamptz,
        resume_asked_by text,
        CHECK ((paused_at IS NULL) = (paused_by IS NULL) AND (paused_at IS NULL) = (reason IS NULL)),
        CHECK ((resume_asked_at IS NULL) = (resume_asked_by IS NULL)),
        CHECK (resume_asked_at IS NULL OR paused_at IS NOT NULL)
      );
      INSERT INTO chatops.brake DEFAULT VALUES;
      GRANT SELECT, UPDATE ON chatops.brake TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chatops.brake')
  }
}
