// What we know of schools from GIAS, and how old that is. Wherever a school is shown, the age of the extract is shown,
// too.
import { type EntityManager, In } from 'typeorm'
import { describeDay } from '../calendar/london.ts'
import { GiasLoad } from '../entities/chatops/gias-load.ts'
import { GiasSchool } from '../entities/chatops/gias-school.ts'

/** The extract that is loaded: of which day, since when, with how many schools, and how many rows were left out. */
export type GiasAge = { sourceDate: string; loadedAt: Date; rows: number; defects: number }

/**
 * The schools GIAS has under these URNs, by URN. One that is not among them is not in the extract, or is in one of the
 * rows left out of it. Look at the age as well: an empty answer of an empty table says nothing.
 */
export async function findGiasSchools(sql: EntityManager, urns: readonly string[]): Promise<Map<string, GiasSchool>> {
  if (urns.length === 0) return new Map()
  const schools = await sql.findBy(GiasSchool, { urn: In([...new Set(urns)]) })
  return new Map(schools.map((school) => [school.urn, school]))
}

/** Of the extract that was loaded last; null if none ever was. */
export async function findGiasAge(sql: EntityManager): Promise<GiasAge | null> {
  const load = await sql.findOne(GiasLoad, { where: { outcome: 'loaded' }, order: { id: 'DESC' } })
  if (!load?.sourceDate || !load.finishedAt) return null
  const { sourceDate, finishedAt, rows, defects } = load
  return { sourceDate, loadedAt: finishedAt, rows: rows ?? 0, defects: defects ?? 0 }
}

/**
 * Whether what we have of GIAS must count as "could not be checked": nothing at all, or more than `maxAgeMs` since the
 * beginning of the day the extract is of, in UTC. When it was loaded does not matter: an old extract may be loaded every day.
 */
export function isTooOld(age: Pick<GiasAge, 'sourceDate'> | null, now: Date, maxAgeMs: number): boolean {
  return age === null || now.getTime() - Date.parse(age.sourceDate) > maxAgeMs
}

/** Where it is from and how old it is, to be shown beside it: "GIAS’s extract of 27 October 2021". */
export function describeGiasAge(age: Pick<GiasAge, 'sourceDate'> | null): string {
  return age ? `GIAS’s extract of ${describeDay(age.sourceDate)}` : 'nothing from GIAS yet'
}

/** "Open" and "Open, but proposed to close" are open. */
export function isOpenOnGias(status: number): boolean {
  return status === 1 || status === 3
}

/** The status as GIAS calls it, with its close date, if any: "Closed, close date 31 August 2021". */
export function giasStatusLabel(school: Pick<GiasSchool, 'statusName' | 'closeDate'>): string {
  const closes = school.closeDate ? `, close date ${describeDay(school.closeDate)}` : ''
  return `${school.statusName}${closes}`
}

/** The school's page on GIAS. */
export function giasUrl(urn: string): string {
  return `https://get-information-schools.service.gov.uk/Establishments/Establishment/Details/${encodeURIComponent(urn)}`
}
