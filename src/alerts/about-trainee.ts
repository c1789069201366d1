import type { DataSource } from 'typeorm'
import { findAlertSight } from './read.ts'
import type { AlertSight } from './sight.ts'

/** How many alerts about one trainee are shown. */
const MOST = 3

/** The open alerts about a trainee, by number, the oldest first. */
export async function findAlertsAbout(database: DataSource, trainee: string): Promise<AlertSight[]> {
  const open = await database.query<{ id: string }[]>(
    `SELECT id FROM chatops.alerts alert WHERE status = 'open' AND EXISTS (
       SELECT FROM chatops.alert_entries WHERE alert_id = alert.id AND trainee_id = $1 AND settled_at IS NULL)
     ORDER BY id LIMIT $2`,
    [trainee, MOST],
  )
  const sights = await Promise.all(open.map(({ id }) => findAlertSight(database, id)))
  return sights.filter((sight) => sight !== null)
}
