-- Run once per cluster by a database administrator. Two roles:
--   chatops_owner  owns the schemas "chatops" and "bullmq" and runs the migrations
--   chatops_app    what the bot and its workers connect as; see grants.sql for all it may do
-- Neither is given a password here: set one, or use your platform's authentication.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatops_owner') THEN
    CREATE ROLE chatops_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatops_app') THEN
    CREATE ROLE chatops_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another session created them at the same moment
END
$$;

-- What holds in every session of theirs. A pooler (PgBouncer) keeps no setting of a client, so the roles have them.
DO $$
DECLARE role text; setting text;
BEGIN
  FOREACH role IN ARRAY ARRAY['chatops_owner', 'chatops_app'] LOOP
    FOREACH setting IN ARRAY ARRAY['timezone = ''UTC''', 'lock_timeout = ''5s''', 'statement_timeout = ''30s''',
      'idle_in_transaction_session_timeout = ''15s'''] LOOP
      EXECUTE format('ALTER ROLE %I SET ', role) || setting;
    END LOOP;
  END LOOP;
END
$$;
