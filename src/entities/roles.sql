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
