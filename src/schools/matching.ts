import { type EntityManager, In } from 'typeorm'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { School } from '../entities/register/school.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { isActiveInDttp } from '../register/schools/schools.ts'
import { sentSchoolsOf } from '../register/schools/sent-schools.ts'

// The schools that a trainee's route sends to DTTP, and what DTTP's status for them is.

/** Schools by their id, with the status codes of all rows that DTTP's copy has for their URN. */
export async function findStatuses(
  sql: EntityManager,
  ids: readonly string[],
): Promise<Map<string, { urn: string; statuses: (number | null)[] }>> {
  const schools = await sql.find(School, { where: { id: In([...new Set(ids)]) }, select: { id: true, urn: true } })
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
  const rows = await sql.find(DttpSchool, {
    where: { urn: In([...new Set(urns)]) },
    select: { id: true, urn: true, status_code: true },
    order: { id: 'ASC' },
  })
  return Object.fromEntries(
    urns.map((urn) => [urn, rows.filter((row) => row.urn === urn).map(({ status_code }) => status_code)]),
  )
}

/** The URNs of the schools that a trainee sends and that Register does not find active in DTTP. */
export async function findInactiveUrns(
  sql: EntityManager,
  trainee: Parameters<typeof sentSchoolsOf>[0],
  features: RegisterFeatures,
): Promise<string[]> {
  const schools = await findStatuses(
    sql,
    sentSchoolsOf(trainee, features).flatMap(({ id }) => id ?? []),
  )
  return [...schools.values()].filter(({ statuses }) => !statuses.some(isActiveInDttp)).map(({ urn }) => urn)
}
