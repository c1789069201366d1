import type { DataSource } from 'typeorm'
import { causeOfSchool } from '../../failures/causes.ts'
import { findAlertSight } from './read.ts'
import type { AlertSight } from './sight.ts'

/** How many alerts about the same trainees and schools are shown. */
const MOST = 3

/** The open alerts about any of these trainees, by number, or schools, by URN; the oldest first. */
export async function findAlertsAbout(
  database: DataSource,
  { trainees, urns }: { trainees: readonly string[]; urns: readonly string[] },
): Promise<AlertSight[]> {
  const open = await database.query<{ id: string }[]>(
    `SELECT id FROM chatops.alerts alert WHERE status = 'open' AND (cause = ANY($2) OR EXISTS (
       SELECT FROM chatops.alert_entries WHERE alert_id = alert.id AND trainee_id = ANY($1) AND settled_at IS NULL))
     ORDER BY id LIMIT $3`,
    [trainees, urns.map(causeOfSchool), MOST],
  )
  const sights = await Promise.all(open.map(({ id }) => findAlertSight(database, id)))
  return sights.filter((sight) => sight !== null)
}
