import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What people do by hand after a request. Requests that were carried out before have none. */
export class ManualSteps1795875500002 implements MigrationInterface {
  name = 'ManualSteps1795875500002'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE chatops.manual_steps (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        change_request_id bigint NOT NULL REFERENCES chatops.change_requests,
        place integer NOT NULL,
        title text NOT NULL,
        text text,
        needed_until text CHECK (needed_until = 'trn'),
        owner text NOT NULL,
        added_at timestamptz NOT NULL,
        done_at timestamptz,
        done_by text,
        UNIQUE (change_request_id, place),
        CHECK ((done_at IS NULL) = (done_by IS NULL))
      );
      CREATE INDEX manual_steps_open ON chatops.manual_steps (added_at, id) WHERE done_at IS NULL;
      GRANT SELECT, INSERT, UPDATE ON chatops.manual_steps TO chatops_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chatops.manual_steps')
  }
}
