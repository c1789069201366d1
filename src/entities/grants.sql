-- Run in Register's database by the owner of its tables, again after each upgrade of the bot.
-- This is the whole of what the bot can touch in Register; a column that is not named here cannot be written.
-- It is one transaction, so that a bot that is at work never misses a right that it has before and after.
BEGIN;
DO $$ BEGIN EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO chatops_owner', current_database()); END $$;
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO chatops_app', current_database()); END $$;

-- What an earlier version could do and this one need not is taken back first.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM chatops_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM chatops_app;

GRANT USAGE ON SCHEMA public TO chatops_app;
GRANT SELECT ON public.trainees, public.providers, public.schools, public.dttp_schools, public.degrees, public.audits,
  public.nationalities, public.disabilities TO chatops_app;
GRANT SELECT (id, trainee_id, nationality_id) ON public.nationalisations TO chatops_app;
GRANT SELECT (id, trainee_id, disability_id) ON public.trainee_disabilities TO chatops_app;
GRANT SELECT (id, provider_id, dttp_id, system_admin, discarded_at) ON public.users TO chatops_app;

-- fix-route, with what Register does on every save
GRANT UPDATE (
  training_route, course_uuid, course_education_phase, course_subject_one, course_subject_two, course_subject_three,
  course_min_age, course_max_age, course_start_date, course_end_date, study_mode, training_initiative,
  applying_for_bursary, applying_for_scholarship, applying_for_grant, bursary_tier, progress,
  first_names, last_name, lead_school_id, employing_school_id, updated_at
) ON public.trainees TO chatops_app;

-- the jobs: what comes back from DTTP, and the schools it has
GRANT UPDATE (dttp_id, placement_assignment_dttp_id, dttp_update_sha, trn, state) ON public.trainees TO chatops_app;
GRANT UPDATE (dttp_id, updated_at) ON public.degrees TO chatops_app;
GRANT INSERT (name, dttp_id, urn, status_code, created_at, updated_at) ON public.dttp_schools TO chatops_app;
GRANT UPDATE (name, urn, status_code, updated_at) ON public.dttp_schools TO chatops_app;
GRANT USAGE ON SEQUENCE public.dttp_schools_id_seq TO chatops_app;

-- the audit Register writes on such a save: never username, user_id or user_type
GRANT INSERT (
  auditable_id, auditable_type, associated_id, associated_type, action, audited_changes, version, comment,
  request_uuid, created_at
) ON public.audits TO chatops_app;
GRANT USAGE ON SEQUENCE public.audits_id_seq TO chatops_app;

COMMIT;
