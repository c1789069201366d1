import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Requests that wait until support has added a school to DTTP. */
export class SchoolWaits1764100000000 implements MigrationInterface {
  name = 'SchoolWaits1764100000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WAITS)
    await runner.query('GRANT SELECT, INSERT, UPDATE ON chatops.school_waits TO chatops_app')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chatops.school_waits')
  }
}

const WAITS = `
  CREATE TABLE chatops.school_waits (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    urn text NOT NULL,
    requester text NOT NULL,
    channel text NOT NULL,
    playbook text NOT NULL,
    form jsonb,
    asks jsonb NOT NULL,
    status text NOT NULL DEFAULT 'shown' CHECK (status IN ('shown', 'waiting', 'arrived', 'dropped')),
    card_key uuid,
    card_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz,
    over_at timestamptz,
    CONSTRAINT over_when_it_ended CHECK ((status IN ('arrived', 'dropped')) = (over_at IS NOT NULL))
  );
  CREATE INDEX school_waits_open ON chatops.school_waits (urn) WHERE status = 'waiting';
`
