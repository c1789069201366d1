import type { EntityManager } from 'typeorm'

/** The URNs of a trainee's lead and employing school, as far as they are set; the trainee's number is `$1`. */
export const URNS_OF_TRAINEE = `
  SELECT school.urn FROM public.schools school
  JOIN public.trainees trainee ON school.id IN (trainee.lead_school_id, trainee.employing_school_id)
  WHERE trainee.id = $1`

export async function findUrnsOf(sql: EntityManager, traineeId: string): Promise<string[]> {
  const rows = await sql.query<{ urn: string }[]>(URNS_OF_TRAINEE, [traineeId])
  return rows.map(({ urn }) => urn)
}
