import type { DataSource } from 'typeorm'
import { MOST_COUNTED, type Page, pageOf, type Wanted } from '../../pages.ts'
import { findAlertSight } from './read.ts'
import type { AlertSight } from './sight.ts'

/** A page of the alerts that are open, the oldest first. */
export async function readOpenAlerts(database: DataSource, wanted: Wanted): Promise<Page<AlertSight>> {
  const open = await database.query<{ id: string }[]>(
    `SELECT id FROM chatops.alerts WHERE status = 'open' ORDER BY opened_at, id LIMIT ${MOST_COUNTED + 1}`,
  )
  const { items: ids, ...place } = pageOf(open, wanted)
  const sights = await Promise.all(ids.map(({ id }) => findAlertSight(database, id)))
  return { items: sights.filter((sight) => sight !== null), ...place }
}
