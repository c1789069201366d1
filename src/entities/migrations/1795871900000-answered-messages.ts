import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Messages in Slack that the bot has answered in their threads, each once, and nothing of what they say; and the thread in which
 * an alert stands that such a post has opened.
 */
export class AnsweredMessages1795871900000 implements MigrationInterface {
  name = 'AnsweredMessages1795871900000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE chatops.answered_messages (
        channel text NOT NULL,
        ts text NOT NULL,
        answered_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (channel, ts)
      );
      GRANT SELECT, INSERT ON chatops.answered_messages TO chatops_app;
      ALTER TABLE chatops.alerts ADD COLUMN thread_ts text;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.alerts DROP COLUMN thread_ts;
      DROP TABLE chatops.answered_messages;
    `)
  }
}
