import type { EntityManager } from 'typeorm'

/** The URNs of a trainee's lead and employing school, as far as they are set; the trainee's number is `$1`. */
export const URNS_OF_TRAINEE = `
  SELECT school.urn FROM public.schools school
  JOIN public.trainees trainee ON school.id IN (trainee.lead_school_id, trainee.employing_school_id)
  WHERE trainee.id = $1`

/** What Register calls the school with this URN, or else its list of DTTP schools; null where neither has a name for it. */
export async function findSchoolName(sql: EntityManager, urn: string): Promise<string | null> {
  const [named] = await sql.query<{ name: string }[]>(NAMED, [urn])
  return named?.name ?? null
}

const NAMED = `
  SELECT name FROM (SELECT 1 AS place, name FROM public.schools WHERE urn = $1
    UNION ALL SELECT 2, name FROM public.dttp_schools WHERE urn = $1) named
  WHERE name <> '' ORDER BY place, name LIMIT 1`

export async function findUrnsOf(sql: EntityManager, traineeId: string): Promise<string[]> {
  const rows = await sql.query<{ urn: string }[]>(URNS_OF_TRAINEE, [traineeId])
  return rows.map(({ urn }) => urn)
}
