import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Our copy of GIAS: its schools, when they were loaded, and the table in which an extract is gathered first. */
export class Gias1764000000000 implements MigrationInterface {
  name = 'Gias1764000000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SCHOOLS)
    await runner.query(LOADS)
    await runner.query(STAGING)
    await runner.query(GRANTS)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chatops.gias_staging, chatops.gias_loads, chatops.gias_schools')
  }
}

const SCHOOLS = `
  CREATE TABLE chatops.gias_schools (
    urn text PRIMARY KEY,
    name text NOT NULL,
    status integer NOT NULL,
    status_name text NOT NULL,
    open_date date,
    close_date date
  );
`

const LOADS = `
  CREATE TABLE chatops.gias_loads (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    source_date date,
    rows integer,
    defects integer,
    outcome text CHECK (outcome IN ('loaded', 'refused', 'failed')),
    problem text,
    CONSTRAINT finished_with_an_outcome CHECK ((outcome IS NULL) = (finished_at IS NULL)),
    CONSTRAINT loaded_or_a_problem CHECK ((outcome IN ('refused', 'failed')) = (problem IS NOT NULL)),
    CONSTRAINT loaded_from_something CHECK (
      outcome <> 'loaded' OR (source_date IS NOT NULL AND rows IS NOT NULL AND defects IS NOT NULL)
    )
  );
  CREATE INDEX gias_loads_loaded ON chatops.gias_loads (id DESC) WHERE outcome = 'loaded';
`

// The table is unlogged. A crash of Postgres empties it, as the next load would have done.
const STAGING = `
  CREATE UNLOGGED TABLE chatops.gias_staging (
    load_id bigint NOT NULL,
    row_number integer NOT NULL,
    urn text NOT NULL,
    name text NOT NULL,
    status integer NOT NULL,
    status_name text NOT NULL,
    open_date date,
    close_date date
  );
`

const GRANTS = `
  GRANT SELECT, INSERT, UPDATE, DELETE ON chatops.gias_schools TO chatops_app;
  GRANT SELECT, INSERT, UPDATE ON chatops.gias_loads TO chatops_app;
  GRANT SELECT, INSERT, DELETE ON chatops.gias_staging TO chatops_app;
`
