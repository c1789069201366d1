import type { EntityManager } from 'typeorm'

// Register's copy of the schools that DTTP has, written as its Dttp::SyncSchoolsJob writes it.

/** A school as DTTP has it; the id in lower case. */
export type SchoolInDttp = { id: string; name: string | null; urn: string | null; statusCode: number | null }

export type WrittenSchools = { inserted: number; updated: number }

/**
 * Writes schools over those that are known by their DTTP id, and adds the others. A row that is the same already is
 * left alone, `updated_at` included, as in the `upsert_all` of Register's Rails 6.1. A row whose id someone wrote in
 * upper case is the same school, not another one. Of an account that comes twice the last counts.
 * @returns how many rows were added and changed
 */
export async function upsertDttpSchools(sql: EntityManager, schools: readonly SchoolInDttp[]): Promise<WrittenSchools> {
  const distinct = [...new Map(schools.map((school) => [school.id, school])).values()]
  const [written] = await sql.query<WrittenSchools[]>(UPSERT, [
    distinct.map(({ id }) => id),
    distinct.map(({ name }) => name),
    distinct.map(({ urn }) => urn),
    distinct.map(({ statusCode }) => statusCode),
  ])
  if (!written) throw new Error('the upsert of schools answered nothing')
  return written
}

// `xmax` is 0 only in a row that was inserted.
const UPSERT = `
  WITH written AS (
    INSERT INTO public.dttp_schools (dttp_id, name, urn, status_code, created_at, updated_at)
    SELECT coalesce(known.dttp_id, sent.id), sent.name, sent.urn, sent.status_code,
      now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
    FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::integer[]) AS sent (id, name, urn, status_code)
      LEFT JOIN public.dttp_schools known ON lower(known.dttp_id) = sent.id
    WHERE known.id IS NULL
      OR (known.name, known.urn, known.status_code) IS DISTINCT FROM (sent.name, sent.urn, sent.status_code)
    ON CONFLICT (dttp_id) DO UPDATE SET
      name = excluded.name, urn = excluded.urn, status_code = excluded.status_code, updated_at = excluded.updated_at
    RETURNING xmax = 0 AS inserted)
  SELECT count(*) FILTER (WHERE inserted)::integer AS inserted, count(*) FILTER (WHERE NOT inserted)::integer AS updated
  FROM written
`
