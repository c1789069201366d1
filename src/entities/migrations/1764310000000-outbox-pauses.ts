import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What a row of the outbox waits for, since when it fails, and whether an attempt may have got through unheard. A row
 * that failed for a day waits for an operator. And which troubles operators were told of, one report a day.
 */
export class OutboxPauses1764310000000 implements MigrationInterface {
  name = 'OutboxPauses1764310000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.outbox
        ADD COLUMN waits_for text,
        ADD COLUMN failing_since timestamptz,
        ADD COLUMN unsure boolean NOT NULL DEFAULT false,
        DROP CONSTRAINT outbox_status_check,
        ADD CONSTRAINT outbox_status_check CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'waiting'));
      UPDATE chatops.outbox SET unsure = true WHERE status IN ('queued', 'sending') AND attempts > 0;
      CREATE INDEX outbox_waits_for ON chatops.outbox (waits_for) WHERE status = 'queued' AND waits_for IS NOT NULL;
      CREATE TABLE chatops.reports (
        trouble text NOT NULL,
        day date NOT NULL,
        PRIMARY KEY (trouble, day)
      );
      GRANT SELECT, INSERT ON chatops.reports TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE chatops.reports;
      UPDATE chatops.outbox SET status = 'failed' WHERE status = 'waiting';
      ALTER TABLE chatops.outbox
        DROP COLUMN waits_for, DROP COLUMN failing_since, DROP COLUMN unsure,
        DROP CONSTRAINT outbox_status_check,
        ADD CONSTRAINT outbox_status_check CHECK (status IN ('queued', 'sending', 'sent', 'failed'));
    `)
  }
}
