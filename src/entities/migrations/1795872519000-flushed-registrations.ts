import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What is on record of a registration is flushed to disk when it is committed, also where the server does not do that by
 * itself (synchronous_commit=off): it is sent under ids that are on record, and a record that a crash took back would have
 * it sent again under others. The ledger's entries are flushed by chatops.append_ledger.
 */
export class FlushedRegistrations1795872519000 implements MigrationInterface {
  name = 'FlushedRegistrations1795872519000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION chatops.flush_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF pg_catalog.current_setting('synchronous_commit') = 'off' THEN
          PERFORM pg_catalog.set_config('synchronous_commit', 'on', true);
        END IF;
        RETURN NULL;
      END
      $$;
      CREATE TRIGGER flush_at_commit BEFORE INSERT OR UPDATE ON chatops.registration_attempts
        FOR EACH STATEMENT EXECUTE FUNCTION chatops.flush_at_commit();
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER flush_at_commit ON chatops.registration_attempts;
      DROP FUNCTION chatops.flush_at_commit();
    `)
  }
}
