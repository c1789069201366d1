import { type DataSource, In } from 'typeorm'
import { readPlan } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { Json } from '../../entities/json.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { School } from '../../entities/register/school.ts'
import { NO_SCHOOLS, type SchoolNames, schoolRow, schoolWords } from '../../register/schools/schools.ts'

// Plans name schools by the numbers of their rows. People know them by URN and name, which are read when a plan is shown:
// they are no part of what is approved.

const COLUMNS = ['lead_school_id', 'employing_school_id'] as const

/** The schools that a plan names. Where they cannot be read, people see the numbers of the rows. */
export async function readSchoolNames(
  { manager }: DataSource,
  request: Pick<ChangeRequest, 'plan' | 'checks'>,
): Promise<SchoolNames> {
  const updates = readPlan(request)?.updates ?? []
  const named = updates.flatMap(({ changes }) => COLUMNS.flatMap((column) => changes[column] ?? [])).filter(isRowNumber)
  const inDttp = updates.flatMap(({ table, id }) => (table === 'dttp_schools' ? [id] : []))
  if (named.length + inDttp.length === 0) return NO_SCHOOLS
  const [schools, dttpSchools] = await Promise.all([
    manager.find(School, { select: { id: true, urn: true, name: true }, where: { id: In(named) } }),
    manager.find(DttpSchool, { select: { id: true, urn: true, name: true }, where: { id: In(inDttp) } }),
  ]).catch(() => [[], []])
  return new Map([
    ...schools.map(({ id, ...school }) => [schoolRow('schools', id), schoolWords(school)] as const),
    ...dttpSchools.map(
      ({ id, urn, name }) => [schoolRow('dttp_schools', id), schoolWords({ urn: urn ?? 'none', name })] as const,
    ),
  ])
}

function isRowNumber(value: Json): value is string | number {
  return /^\d{1,18}$/.test(String(value))
}
