-- For Postgres 14, and for databases that were upgraded from it: there everybody may create tables in the schema "public",
-- our roles as well. Run it in Register's database by the owner of the schema "public", or by a superuser. It takes that right
-- from everybody, and before that gives it to each role that owns something there: many a Rails database creates its tables
-- only by the right that everybody has. Running it again changes nothing.
DO $$
DECLARE
  owner name;
  owners name[];
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS entry
    WHERE nspname = 'public' AND entry.grantee = 0 AND entry.privilege_type = 'CREATE')
  THEN
    RAISE NOTICE 'Not everybody may create in "public": there is nothing to do.';
    RETURN;
  END IF;
  SELECT array_agg(DISTINCT rolname ORDER BY rolname) INTO owners FROM (
    SELECT relowner AS role FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION SELECT proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION SELECT typowner FROM pg_type WHERE typnamespace = 'public'::regnamespace) AS owned
  JOIN pg_roles ON pg_roles.oid = owned.role
  WHERE rolname NOT IN ('chatops_app', 'chatops_owner');
  FOREACH owner IN ARRAY coalesce(owners, '{}') LOOP
    RAISE NOTICE 'GRANT CREATE ON SCHEMA public TO %', quote_ident(owner);
  END LOOP;
  RAISE NOTICE 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
  FOREACH owner IN ARRAY coalesce(owners, '{}') LOOP
    EXECUTE format('GRANT CREATE ON SCHEMA public TO %I', owner);
  END LOOP;
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  -- To whoever does not own the schema, Postgres says no more than a warning.
  IF EXISTS (
    SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS entry
    WHERE nspname = 'public' AND entry.grantee = 0 AND entry.privilege_type = 'CREATE')
  THEN
    RAISE EXCEPTION 'Nothing was changed: everybody can still create in "public". Run this as its owner, %.',
      (SELECT quote_ident(rolname) FROM pg_roles JOIN pg_namespace ON nspowner = pg_roles.oid WHERE nspname = 'public');
  END IF;
END
$$;
