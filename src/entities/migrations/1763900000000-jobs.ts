import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Register's jobs as we run them: jobs, polls, registrations, and what the bot posts by itself about them. */
export class Jobs1763900000000 implements MigrationInterface {
  name = 'Jobs1763900000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(JOBS)
    await runner.query(POLLS)
    await runner.query(REGISTRATIONS)
    await runner.query(ALERTS)
    await runner.query(GRANTS)
  }

  async down(): Promise<void> {
    throw new Error('There is no way back: what was sent to DTTP would be forgotten. Restore a backup instead.')
  }
}

// The queue holds only a hint of each row, so nothing is lost with it.
const JOBS = `
  CREATE TABLE chatops.jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    trainee_id bigint,
    args jsonb NOT NULL DEFAULT '{}',
    once_key text UNIQUE,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    stalls integer NOT NULL DEFAULT 0,
    run integer NOT NULL DEFAULT 0,
    hinted_at timestamptz,
    lease_until timestamptz,
    failure jsonb,
    result jsonb,
    progress jsonb,
    change_request_id bigint REFERENCES chatops.change_requests,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT finished_when_over CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT failed_with_a_reason CHECK (status <> 'failed' OR failure IS NOT NULL)
  );
  CREATE INDEX jobs_by_trainee ON chatops.jobs (trainee_id, name, created_at DESC);
  CREATE INDEX jobs_open ON chatops.jobs (due_at) WHERE status IN ('waiting', 'running');
  CREATE INDEX jobs_by_change_request ON chatops.jobs (change_request_id);
`

// One row a trainee: never two live polls. The poll is live while its job is; its job's due_at is when it is next due.
const POLLS = `
  CREATE TABLE chatops.polls (
    trainee_id bigint PRIMARY KEY,
    job_id uuid NOT NULL UNIQUE REFERENCES chatops.jobs,
    timeout_at timestamp(6),
    started_at timestamptz NOT NULL DEFAULT now(),
    polled_at timestamptz
  );
`

// A row is committed before anything is sent. As long as its outcome is not known, nothing else is sent for that
// trainee.
const REGISTRATIONS = `
  CREATE TABLE chatops.registration_attempts (
    job_id uuid PRIMARY KEY REFERENCES chatops.jobs,
    trainee_id bigint NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    outcome text CHECK (outcome IN ('registered', 'not-sent', 'unknown')),
    ids jsonb,
    settled_at timestamptz
  );
  CREATE UNIQUE INDEX registrations_one_unsettled ON chatops.registration_attempts (trainee_id)
    WHERE outcome IS NULL OR outcome = 'unknown';
`

const ALERTS = `
  CREATE TABLE chatops.alerts (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    cause text NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'dismissed')),
    channel text NOT NULL,
    found jsonb,
    looked_at timestamptz,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    dismissed_by text,
    dismiss_reason text,
    card_ts text,
    card_version integer NOT NULL DEFAULT 0,
    rendered_version integer NOT NULL DEFAULT 0,
    CONSTRAINT dismissed_by_somebody CHECK ((status = 'dismissed') = (dismissed_by IS NOT NULL)),
    CONSTRAINT closed_when_over CHECK ((status = 'open') = (closed_at IS NULL))
  );
  CREATE UNIQUE INDEX alerts_one_live_per_cause ON chatops.alerts (cause) WHERE status = 'open';

  CREATE TABLE chatops.alert_entries (
    alert_id bigint NOT NULL REFERENCES chatops.alerts,
    subject text NOT NULL,
    trainee_id bigint,
    job_id uuid REFERENCES chatops.jobs,
    failure jsonb NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (alert_id, subject)
  );
  CREATE INDEX alert_entries_open ON chatops.alert_entries (subject) WHERE settled_at IS NULL;
`

const GRANTS = `
  GRANT SELECT, INSERT, UPDATE ON chatops.jobs, chatops.polls, chatops.registration_attempts,
    chatops.alerts, chatops.alert_entries TO chatops_app;
`
