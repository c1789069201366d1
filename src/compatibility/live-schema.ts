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
  const found = await sql.query<(Omit<LiveTable, 'columns'> & { name: string; columns: Row[] })[]>(LIVE, [tables])
  return new Map(found.map(({ name, columns, ...table }) => [name, { ...table, columns: columns.map(asColumn) }]))
}

/** A column's values in the order of LIVE. Whoever acts looks, so the names are not sent with each. */
type Row = [string, string, boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean | null]

function asColumn(row: Row): LiveColumn {
  const [name, type, isRequired, isFilled, isComputed, isUnique, mayRead, mayUpdate, mayInsert, mayDraw] = row
  return { name, type, isRequired, isFilled, isComputed, isUnique, mayRead, mayUpdate, mayInsert, mayDraw }
}

// What is the same for all columns of a table is found once, and sequences only of columns that have a default.
const LIVE = `
  SELECT c.relname AS name, c.relkind AS kind, has_schema_privilege(n.oid, 'USAGE') AS "isReachable",
    row_security_active(c.oid) AS "isFiltered", coalesce((
      SELECT json_agg(json_build_array(
        a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '',
        a.attgenerated <> '' OR a.attidentity = 'a', a.attnum = ANY (keys.columns),
        has_column_privilege(c.oid, a.attnum, 'SELECT'), has_column_privilege(c.oid, a.attnum, 'UPDATE'),
        has_column_privilege(c.oid, a.attnum, 'INSERT'),
        CASE WHEN a.atthasdef THEN (
          SELECT bool_and(has_sequence_privilege(s.oid, 'USAGE')) FROM pg_depend d
            JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
          WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
            AND d.objid = (SELECT def.oid FROM pg_attrdef def WHERE def.adrelid = c.oid AND def.adnum = a.attnum)) END
      ) ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
  FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(i.indkey[0]), '{}') AS columns FROM pg_index i
      WHERE i.indrelid = c.oid AND i.indnkeyatts = 1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL) keys
  WHERE n.nspname = 'public' AND c.relname = ANY($1)`
