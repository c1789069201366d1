// Fills an empty Register with demo people, always the same ones.
import type pg from 'pg'
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
  await withClient(adminUrl, async (client) => {
    await client.query('BEGIN')
    await insertDemoRows(client)
    await client.query('COMMIT')
  })
}

/** The demo rows, into empty tables. */
export async function insertDemoRows(client: pg.Client): Promise<void> {
  for (const [table, rows] of Object.entries(TABLES)) {
    for (const row of rows) await insert(client, table, row)
    await client.query(`SELECT setval('${table}_id_seq', (SELECT max(id) FROM ${table}))`)
  }
}

/** Postgres itself turns the JSON into each column's type, so times keep their microseconds. */
async function insert(client: pg.Client, table: string, row: object): Promise<void> {
  const columns = Object.keys(row).join(', ')
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::public.${table}, $1)`,
    [JSON.stringify(row)],
  )
}
