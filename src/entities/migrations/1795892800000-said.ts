import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What the bot remembers only so as not to say it twice is removed in the end: the messages that it answered, and the mornings
 * on which it told a channel what waits. The bot itself may delete no row; see Purges. Nothing goes within a day, whatever is
 * asked for.
 */
export class Said1795892800000 implements MigrationInterface {
  name = 'Said1795892800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX answered_messages_by_time ON chatops.answered_messages (answered_at);
      CREATE FUNCTION chatops.purge_said(said_before timestamptz, batch integer) RETURNS bigint LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE
        before timestamptz := least(said_before, now() - interval '1 day');
        removed bigint;
        total bigint := 0;
      BEGIN
        DELETE FROM chatops.answered_messages WHERE (channel, ts) IN (
          SELECT channel, ts FROM chatops.answered_messages WHERE answered_at <= before
          LIMIT batch FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS removed = ROW_COUNT;
        total := total + removed;

        DELETE FROM chatops.mornings WHERE day < before::date;
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN total + removed;
      END
      $$;
      REVOKE ALL ON FUNCTION chatops.purge_said FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION chatops.purge_said TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION chatops.purge_said;
      DROP INDEX chatops.answered_messages_by_time;
    `)
  }
}
