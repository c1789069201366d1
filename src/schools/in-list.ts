import { type EntityManager, In } from 'typeorm'
import type { Plan } from '../contract/plan.ts'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { dttpStatusLabel, isActiveInDttp } from '../register/schools/schools.ts'
import { listed } from '../words.ts'

// How schools stand in Register's list of DTTP schools once a plan was carried out.

/** The rows with this URN, in the order of their ids. */
export function findInList(sql: EntityManager, urn: string): Promise<DttpSchool[]> {
  return sql.find(DttpSchool, { where: { urn }, order: { id: 'ASC' } })
}

/** "inactive"; of several rows "active (row 801) and inactive (row 802)", since they must be told apart. Empty for none. */
export function listWords(rows: readonly DttpSchool[]): string {
  const isOne = rows.length === 1
  return listed(
    rows.map(({ id, status_code }) => `${dttpStatusLabel(status_code)}${isOne ? '' : ` (row ${id})`}`),
    rows.length,
  )
}

/** The URNs of the schools that a plan writes. */
export async function urnsWritten(sql: EntityManager, { updates, inserts }: Plan): Promise<string[]> {
  const rows = await sql.findBy(DttpSchool, { id: In(updates.map(({ id }) => id)) })
  const inserted = inserts.flatMap(({ values }) => values.urn ?? [])
  return [...new Set([...rows.flatMap(({ urn }) => urn ?? []), ...inserted])].sort()
}

/** Whether Register finds each school, and finds it once, as it takes either of two. */
export async function areFoundOnce(sql: EntityManager, urns: readonly string[]): Promise<Postcondition[]> {
  if (urns.length === 0) return []
  const all = await sql.find(DttpSchool, { where: { urn: In([...urns]) }, order: { id: 'ASC' } })
  return urns.map((urn) => {
    const rows = all.filter((row) => row.urn === urn)
    const active = rows.filter(({ status_code, dttp_id }) => isActiveInDttp(status_code) && dttp_id !== null)
    return {
      sentence: `Register finds one active school for URN ${urn}`,
      holds: active.length === 1,
      found: rows.length === 0 ? `URN ${urn} is not in the list.` : `URN ${urn} is ${listWords(rows)}.`,
    }
  })
}
