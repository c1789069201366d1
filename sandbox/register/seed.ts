// Fills an empty Register with demo people, always the same ones.
import pg from 'pg'
import { withClient } from './database.ts'
import { audits } from './seed/audits.ts'
import { degrees, nationalisations, traineeDisabilities } from './seed/degrees.ts'
import {
  disabilities,
  dttpProviders,
  dttpSchools,
  dttpUsers,
  nationalities,
  providers,
  schools,
  users,
} from './seed/organisations.ts'
import { trainees } from './seed/trainees.ts'

const TABLES: Record<string, object[]> = {
  providers,
  dttp_providers: dttpProviders,
  users,
  dttp_users: dttpUsers,
  schools,
  dttp_schools: dttpSchools,
  nationalities,
  disabilities,
  trainees,
  degrees,
  nationalisations,
  trainee_disabilities: traineeDisabilities,
  audits,
}

/** Inserts the demo rows, all or none; the next row of each table gets the next free id. */
export async function seedRegister(adminUrl: string): Promise<void> {
  await withClient(adminUrl, insertDemoRows)
}

/** The demo rows, into empty tables. */
export async function insertDemoRows(client: pg.Client): Promise<void> {
  await client.query(SEED)
}

/**
 * Postgres itself turns the JSON into each column's type, so times keep their microseconds. A column that only other
 * rows of the table name stays empty.
 */
function insertion(table: string, rows: readonly object[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ')
  const json = pg.escapeLiteral(JSON.stringify(rows))
  return `INSERT INTO public.${table} (${columns})
      SELECT ${columns} FROM jsonb_populate_recordset(NULL::public.${table}, ${json});
    SELECT setval('public.${table}_id_seq', (SELECT max(id) FROM public.${table}));`
}

/** One message with a statement for each table; Postgres runs it as one transaction. */
const SEED = Object.entries(TABLES)
  .map(([table, rows]) => insertion(table, rows))
  .join('\n')
