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

-- What Register does not have, perhaps by another name now, is said and left out: what needs it is off, and all else works.
DO $$
DECLARE
  wanted record;
  lacking text[];
  columns text;
BEGIN
  FOR wanted IN SELECT * FROM (VALUES
    ('SELECT', 'trainees', '*'),
    ('SELECT', 'providers', '*'),
    ('SELECT', 'schools', '*'),
    ('SELECT', 'dttp_schools', '*'),
    ('SELECT', 'degrees', '*'),
    ('SELECT', 'audits', '*'),
    ('SELECT', 'nationalities', '*'),
    ('SELECT', 'disabilities', '*'),
    ('SELECT', 'nationalisations', 'id trainee_id nationality_id'),
    ('SELECT', 'trainee_disabilities', 'id trainee_id disability_id'),
    ('SELECT', 'users', 'id provider_id dttp_id system_admin discarded_at'),

    -- fix-route, with what Register does on every save
    ('UPDATE', 'trainees',
      'training_route course_uuid course_education_phase course_subject_one course_subject_two course_subject_three '
      'course_min_age course_max_age course_start_date course_end_date study_mode training_initiative '
      'applying_for_bursary applying_for_scholarship applying_for_grant bursary_tier progress '
      'first_names last_name lead_school_id employing_school_id updated_at'),

    -- the jobs: what comes back from DTTP, and the schools it has
    ('UPDATE', 'trainees', 'dttp_id placement_assignment_dttp_id dttp_update_sha trn state'),
    ('UPDATE', 'degrees', 'dttp_id updated_at'),
    ('INSERT', 'dttp_schools', 'name dttp_id urn status_code created_at updated_at'),
    ('UPDATE', 'dttp_schools', 'name urn status_code updated_at'),
    ('USAGE', 'dttp_schools_id_seq', '*'),

    -- the audit Register writes on such a save: never username, user_id or user_type
    ('INSERT', 'audits',
      'auditable_id auditable_type associated_id associated_type action audited_changes version comment '
      'request_uuid created_at'),
    ('USAGE', 'audits_id_seq', '*')
  ) AS list (may, name, names) LOOP
    IF to_regclass(format('public.%I', wanted.name)) IS NULL THEN
      RAISE WARNING 'Register has no %', wanted.name;
    ELSIF wanted.may = 'USAGE' THEN
      EXECUTE format('GRANT USAGE ON SEQUENCE public.%I TO chatops_app', wanted.name);
    ELSIF wanted.names = '*' THEN
      EXECUTE format('GRANT %s ON public.%I TO chatops_app', wanted.may, wanted.name);
    ELSE
      SELECT string_agg(quote_ident(named), ', ') FILTER (WHERE there.attname IS NOT NULL),
        array_agg(named) FILTER (WHERE there.attname IS NULL)
      INTO columns, lacking
      FROM unnest(string_to_array(wanted.names, ' ')) named
      LEFT JOIN pg_attribute there ON there.attname = named AND there.attnum > 0 AND NOT there.attisdropped
        AND there.attrelid = format('public.%I', wanted.name)::regclass;
      IF lacking IS NOT NULL THEN
        RAISE WARNING 'Register has no % in %', array_to_string(lacking, ', '), wanted.name;
      END IF;
      IF columns IS NOT NULL THEN
        EXECUTE format('GRANT %s (%s) ON public.%I TO chatops_app', wanted.may, columns, wanted.name);
      END IF;
    END IF;
  END LOOP;
END $$;

COMMIT;
