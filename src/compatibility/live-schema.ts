import type { EntityManager } from 'typeorm'

/** A column as it is in the database just now, and what our role may do with it. */
export type LiveColumn = {
  name: string
  /** As Postgres writes it, such as `character varying(255)`. */
  type: string
  isRequired: boolean
  /** Whether a row that is added without it gets a value. */
  isFilled: boolean
  isComputed: boolean
  isUnique: boolean
  mayRead: boolean
  mayUpdate: boolean
  mayInsert: boolean
  /** Whether the sequence that fills it may be used; null where there is none. */
  mayDraw: boolean | null
}

/**
 * A table, or what has taken its name.
 * @property isFiltered whether row security hides rows from us
 */
export type LiveTable = { kind: string; isReachable: boolean; isFiltered: boolean; columns: LiveColumn[] }

/** Register's tables of these names, from Postgres' own catalogue. It may be read whatever we are granted. */
export async function readLiveSchema(sql: EntityManager, tables: readonly string[]): Promise<Map<string, LiveTable>> {
  const found = await sql.query<(LiveTable & { name: string })[]>(LIVE, [tables])
  return new Map(found.map(({ name, ...table }) => [name, table]))
}

const LIVE = `
  SELECT c.relname AS name, c.relkind AS kind, has_schema_privilege(n.oid, 'USAGE') AS "isReachable",
    row_security_active(c.oid) AS "isFiltered",
    coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isRequired', a.attnotnull,
      'isFilled', a.atthasdef OR a.attidentity <> '', 'isComputed', a.attgenerated <> '' OR a.attidentity = 'a',
      'isUnique', EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum
          AND i.indnkeyatts = 1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL),
      'mayRead', has_column_privilege(c.oid, a.attnum, 'SELECT'),
      'mayUpdate', has_column_privilege(c.oid, a.attnum, 'UPDATE'),
      'mayInsert', has_column_privilege(c.oid, a.attnum, 'INSERT'),
      'mayDraw', (
        SELECT bool_and(has_sequence_privilege(s.oid, 'USAGE')) FROM pg_attrdef def
          JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = def.oid AND d.refclassid = 'pg_class'::regclass
          JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
        WHERE def.adrelid = c.oid AND def.adnum = a.attnum)
    ) ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '[]') AS columns
  FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE n.nspname = 'public' AND c.relname = ANY($1)
  GROUP BY n.oid, c.oid, c.relname, c.relkind`
