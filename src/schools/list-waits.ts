import { type DataSource, type EntityManager, In } from 'typeorm'
import { SchoolWait } from '../entities/chatops/school-wait.ts'
import { MOST_COUNTED, type Page, pageOf, type Wanted } from '../pages.ts'

// Who waits for which school, as it is shown to people.

/** What someone waits for, and what has arrived lately, newest first. */
export function listWaits(database: DataSource, requester: string, take: number): Promise<SchoolWait[]> {
  return database.manager.find(SchoolWait, { where: { requester, status: 'waiting' }, order: { id: 'DESC' }, take })
}

/** A page of what anybody waits for: one's own first, then the oldest. */
export async function readWaits(database: DataSource, viewer: string, wanted: Wanted): Promise<Page<SchoolWait>> {
  const waiting = await database.query<{ id: string }[]>(
    `SELECT id FROM chatops.school_waits WHERE status = 'waiting' ORDER BY requester <> $1, id LIMIT ${MOST_COUNTED + 1}`,
    [viewer],
  )
  const { items: ids, ...place } = pageOf(
    waiting.map(({ id }) => id),
    wanted,
  )
  const rows = await database.manager.findBy(SchoolWait, { id: In(ids) })
  return { items: ids.flatMap((id) => rows.find((row) => row.id === id) ?? []), ...place }
}

/** Who waits for one of these schools, the longest first. */
export function findWaitsFor(sql: EntityManager, urns: readonly string[], most = 5): Promise<SchoolWait[]> {
  return sql.find(SchoolWait, { where: { urn: In([...urns]), status: 'waiting' }, order: { id: 'ASC' }, take: most })
}
