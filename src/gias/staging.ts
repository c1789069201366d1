// The SQL of a load. An extract is gathered in a staging table first, outside any transaction. Then one transaction
// replaces what was loaded before. All statements are sent by one session.
import type { EntityManager } from 'typeorm'
import { GiasSchool } from '../entities/chatops/gias-school.ts'
import type { NumberedRow } from './read.ts'

/** Different schools in staging, the rows they have there, and the schools that were loaded before. */
export type Staged = { schools: number; rows: number; before: number }

/** Removes what loads before this one left behind. */
export async function emptyStaging(sql: EntityManager): Promise<void> {
  await sql.query('DELETE FROM chatops.gias_staging')
}

export async function stage(sql: EntityManager, load: string, schools: readonly NumberedRow[]): Promise<void> {
  await sql.query(
    `INSERT INTO chatops.gias_staging
       (load_id, row_number, urn, name, status, status_name, open_date, close_date)
     SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::date[], $8::date[])`,
    [
      load,
      schools.map(({ row }) => row),
      schools.map(({ urn }) => urn),
      schools.map(({ name }) => name),
      schools.map(({ status }) => status),
      schools.map(({ statusName }) => statusName),
      schools.map(({ openDate }) => openDate),
      schools.map(({ closeDate }) => closeDate),
    ],
  )
}

export async function countStaged(sql: EntityManager, load: string): Promise<Staged> {
  const [counted] = await sql.query<{ schools: number; rows: number }[]>(
    'SELECT count(DISTINCT urn)::int AS schools, count(*)::int AS rows FROM chatops.gias_staging WHERE load_id = $1',
    [load],
  )
  const { schools = 0, rows = 0 } = counted ?? {}
  return { schools, rows, before: await sql.count(GiasSchool) }
}

/** Makes the loaded schools those in staging; of two rows with one URN the later counts. Only what differs is written. */
export async function replaceSchools(sql: EntityManager, load: string): Promise<void> {
  await sql.query(
    `INSERT INTO chatops.gias_schools AS old (urn, name, status, status_name, open_date, close_date)
     SELECT DISTINCT ON (urn) urn, name, status, status_name, open_date, close_date
     FROM chatops.gias_staging WHERE load_id = $1
     ORDER BY urn, row_number DESC
     ON CONFLICT (urn) DO UPDATE SET
       name = excluded.name, status = excluded.status, status_name = excluded.status_name,
       open_date = excluded.open_date, close_date = excluded.close_date
     WHERE (old.name, old.status, old.status_name, old.open_date, old.close_date) IS DISTINCT FROM
       (excluded.name, excluded.status, excluded.status_name, excluded.open_date, excluded.close_date)`,
    [load],
  )
  await sql.query(
    `DELETE FROM chatops.gias_schools AS old WHERE NOT EXISTS (
       SELECT FROM chatops.gias_staging AS staged WHERE staged.load_id = $1 AND staged.urn = old.urn
     )`,
    [load],
  )
}
