-- Run in Register's database by the owner of its tables, again after each upgrade of the bot.
-- This is the whole of what the bot can touch in Register; a column that is not named here cannot be written.
-- It is one transaction, so that a bot that is at work never misses a right that it has before and after. To whoever does not
-- own a thing, Postgres says no more than a warning, or nothing; so each owner is looked at first, and nothing is changed.
BEGIN;
DO $$
DECLARE
  here record;
BEGIN
  SELECT datname, pg_get_userbyid(datdba) AS owner, pg_get_userbyid(nspowner) AS owner_of_public INTO here
  FROM pg_database, pg_namespace WHERE datname = current_database() AND nspname = 'public';
  IF pg_has_role(here.owner, 'USAGE') THEN
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO chatops_owner', here.datname);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO chatops_app', here.datname);
  ELSIF NOT (has_database_privilege('chatops_owner', here.datname, 'CONNECT')
    AND has_database_privilege('chatops_owner', here.datname, 'CREATE')
    AND has_database_privilege('chatops_app', here.datname, 'CONNECT'))
  THEN
    RAISE EXCEPTION 'Nothing was changed: chatops_owner may not create a schema in %, or one of our roles may not connect. '
      'Have its owner, %, run: GRANT CONNECT, CREATE ON DATABASE % TO chatops_owner; GRANT CONNECT ON DATABASE % TO chatops_app;',
      here.datname, here.owner, quote_ident(here.datname), quote_ident(here.datname);
  END IF;
  IF pg_has_role(here.owner_of_public, 'USAGE') THEN
    GRANT USAGE ON SCHEMA public TO chatops_app;
  ELSIF NOT has_schema_privilege('chatops_app', 'public', 'USAGE') THEN
    RAISE EXCEPTION 'Nothing was changed. Have the owner of the schema "public", %, run: '
      'GRANT USAGE ON SCHEMA public TO chatops_app;', here.owner_of_public;
  END IF;
END $$;

-- What an earlier version could do and this one need not is taken back first. Others' tables, where we have nothing, are let be.
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT relname, relkind, pg_get_userbyid(relowner) AS owner FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND 'chatops_app'::regrole IN (
      SELECT grantee FROM aclexplode(relacl)
      UNION ALL SELECT grantee FROM pg_attribute, aclexplode(attacl) WHERE attrelid = pg_class.oid)
  LOOP
    IF NOT pg_has_role(held.owner, 'USAGE') THEN
      RAISE EXCEPTION 'Nothing was changed: chatops_app has rights on % that only its owner, %, can take back. '
        'Run this as a member of that role, or as a superuser.', held.relname, held.owner;
    END IF;
    EXECUTE format('REVOKE ALL ON %s public.%I FROM chatops_app',
      CASE held.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, held.relname);
  END LOOP;
END $$;

-- What Register does not have, perhaps by another name now, is said and left out: what needs it is off, and all else works.
DO $$
DECLARE
  wanted record;
  lacking text[];
  columns text;
  owner name;
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
    SELECT pg_get_userbyid(relowner) INTO owner FROM pg_class WHERE oid = to_regclass(format('public.%I', wanted.name));
    IF NOT pg_has_role(owner, 'USAGE') THEN
      RAISE EXCEPTION 'Nothing was changed: % belongs to %. Run this as a member of that role, or as a superuser.',
        wanted.name, owner;
    END IF;
    IF owner IS NULL THEN
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
