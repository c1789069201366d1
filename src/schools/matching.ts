import { type EntityManager, In } from 'typeorm'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { School } from '../entities/register/school.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { isActiveInDttp } from '../register/schools.ts'
import { findRoute, sendsEmployingSchool, sendsLeadSchool } from '../register/training-routes.ts'

// The schools that a trainee's route sends to DTTP, and what DTTP's status for them is.

type SchoolsOf = Pick<
  Trainee,
  | 'training_route'
  | 'lead_school_id'
  | 'employing_school_id'
  | 'lead_school_not_applicable'
  | 'employing_school_not_applicable'
>

/** Which of a trainee's schools are sent, by the school's id. */
export function sentSchoolsOf(trainee: SchoolsOf, features: RegisterFeatures): { lead?: string; employing?: string } {
  const route = findRoute(trainee.training_route)
  if (route === null) return {}
  const { lead_school_id: lead, employing_school_id: employing } = trainee
  return {
    ...(lead !== null && !trainee.lead_school_not_applicable && sendsLeadSchool(route, features) ? { lead } : {}),
    ...(employing !== null && !trainee.employing_school_not_applicable && sendsEmployingSchool(route, features)
      ? { employing }
      : {}),
  }
}

/** Schools by their id, with the status codes of all rows that DTTP's copy has for their URN. */
export async function findStatuses(
  sql: EntityManager,
  ids: readonly string[],
): Promise<Map<string, { urn: string; statuses: (number | null)[] }>> {
  const schools = await sql.findBy(School, { id: In([...new Set(ids)]) })
  const statuses = await findStatusesOfUrns(
    sql,
    schools.map(({ urn }) => urn),
  )
  return new Map(schools.map(({ id, urn }) => [id, { urn, statuses: statuses[urn] ?? [] }]))
}

/** The status codes of all rows that DTTP's copy has for each URN, in the order of their ids. */
export async function findStatusesOfUrns(
  sql: EntityManager,
  urns: readonly string[],
): Promise<Record<string, (number | null)[]>> {
  const rows = await sql.find(DttpSchool, { where: { urn: In([...new Set(urns)]) }, order: { id: 'ASC' } })
  return Object.fromEntries(
    urns.map((urn) => [urn, rows.filter((row) => row.urn === urn).map(({ status_code }) => status_code)]),
  )
}

/** The URNs of the schools that a trainee sends and that Register does not find active in DTTP. */
export async function findInactiveUrns(
  sql: EntityManager,
  trainee: SchoolsOf,
  features: RegisterFeatures,
): Promise<string[]> {
  const schools = await findStatuses(sql, Object.values(sentSchoolsOf(trainee, features)))
  return [...schools.values()].filter(({ statuses }) => !statuses.some(isActiveInDttp)).map(({ urn }) => urn)
}
