import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What concerns us of Register's Sidekiq, and one view over its jobs and ours. */
export class Mirror1795868127000 implements MigrationInterface {
  name = 'Mirror1795868127000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MIRROR)
    await runner.query(VIEW)
    await runner.query(GRANTS)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW chatops.seen_jobs; DROP TABLE chatops.mirrored_jobs, chatops.mirror')
  }
}

// An alert may be about a job of either table, so its entries no longer refer to ours.
const MIRROR = `
  CREATE TABLE chatops.mirrored_jobs (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    class_name text,
    trainee_id bigint,
    args jsonb NOT NULL DEFAULT '{}',
    timeout_at timestamp(6),
    place text NOT NULL
      CHECK (place IN ('unsent', 'queue', 'schedule', 'retry', 'dead', 'running', 'missing', 'gone')),
    queue text NOT NULL,
    score text,
    sha1 text,
    jid text,
    attempts integer NOT NULL DEFAULT 0,
    error_class text,
    failure jsonb,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    change_request_id bigint REFERENCES chatops.change_requests,
    outbox_id uuid,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    sweep bigint NOT NULL DEFAULT 0,
    missing_since timestamptz,
    finished_at timestamptz,
    cured_at timestamptz,
    told boolean NOT NULL DEFAULT false,
    status text NOT NULL GENERATED ALWAYS AS (CASE
      WHEN place = 'gone' THEN CASE WHEN failure IS NULL THEN 'done' ELSE 'failed' END
      WHEN place = 'dead' THEN 'failed'
      WHEN place IN ('running', 'missing') THEN 'running'
      ELSE 'waiting' END) STORED,
    CONSTRAINT finished_when_over CHECK ((place IN ('dead', 'gone')) = (finished_at IS NOT NULL)),
    CONSTRAINT missing_when_not_found CHECK ((place = 'missing') = (missing_since IS NOT NULL))
  );
  CREATE INDEX mirrored_jobs_by_trainee ON chatops.mirrored_jobs (trainee_id, name, created_at DESC);
  CREATE INDEX mirrored_jobs_open ON chatops.mirrored_jobs (due_at) WHERE status IN ('waiting', 'running');
  CREATE INDEX mirrored_jobs_given_up ON chatops.mirrored_jobs (finished_at) WHERE status = 'failed' AND cured_at IS NULL;
  CREATE INDEX mirrored_jobs_by_change_request ON chatops.mirrored_jobs (change_request_id);
  CREATE INDEX mirrored_jobs_unsure ON chatops.mirrored_jobs (place) WHERE place IN ('unsent', 'missing');
  CREATE INDEX mirrored_jobs_untold ON chatops.mirrored_jobs (id) WHERE NOT told AND (failure IS NOT NULL OR place = 'gone');

  CREATE TABLE chatops.mirror (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    sweep bigint NOT NULL DEFAULT 0,
    read_at timestamptz,
    dead_before integer,
    strange integer NOT NULL DEFAULT 0,
    processes integer NOT NULL DEFAULT 0
  );
  INSERT INTO chatops.mirror DEFAULT VALUES;

  ALTER TABLE chatops.alert_entries DROP CONSTRAINT alert_entries_job_id_fkey;
`

// Sidekiq takes a dead or retrying job's member out by its place, score and hash.
const VIEW = `
  CREATE VIEW chatops.seen_jobs AS
  SELECT 'bot' AS runner, j.id, j.name, NULL::text AS class_name, j.trainee_id, j.args, p.timeout_at, j.once_key,
    j.status, j.due_at, j.attempts, j.stalls, j.run, j.hinted_at, j.lease_until, j.failure, j.result, j.progress,
    j.change_request_id, j.created_at, j.finished_at, j.cured_at, j.run::text AS fingerprint, NULL::text AS place
  FROM chatops.jobs j LEFT JOIN chatops.polls p ON p.job_id = j.id
  UNION ALL
  SELECT 'register', m.id, m.name, m.class_name, m.trainee_id, m.args, m.timeout_at, NULL,
    m.status, m.due_at, m.attempts, 0, m.attempts, NULL, NULL, m.failure, NULL, NULL,
    m.change_request_id, m.created_at, m.finished_at, m.cured_at,
    CASE WHEN m.place IN ('schedule', 'retry', 'dead') THEN concat_ws(' ', m.place, m.score, m.sha1) END, m.place
  FROM chatops.mirrored_jobs m
`

const GRANTS = `
  GRANT SELECT, INSERT, UPDATE, DELETE ON chatops.mirrored_jobs TO chatops_app;
  GRANT SELECT, UPDATE ON chatops.mirror TO chatops_app;
  GRANT SELECT ON chatops.seen_jobs TO chatops_app;
`
