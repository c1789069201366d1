import type { EntityManager } from 'typeorm'
import { findPersonalDataOf } from '../personal-data/in-text.ts'

// Everybody can read why the bot is paused. A pause is about no trainee, so its reason is checked for those whom it may
// mean: whoever an open request or post is about.

/** A reason is checked for so many trainees. */
const MOST_CHECKED = 1_000

/** What a reason gives away about one of them: "name", "email address", "date of birth" or "address"; or null. */
export async function findPersonalDataInReason(sql: EntityManager, reason: string): Promise<string | null> {
  const rows = await sql.query<{ id: string }[]>(MAY_BE_MEANT, [MOST_CHECKED])
  const meant = rows.map(({ id }) => id)
  return findPersonalDataOf(sql, meant, reason)
}

const MAY_BE_MEANT = `
  SELECT trainee_id AS id FROM chatops.change_requests
    WHERE status IN ('unsent', 'pending', 'approved', 'verifying', 'needs-attention') AND trainee_id IS NOT NULL
  UNION
  SELECT entry.trainee_id FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
    WHERE alert.status = 'open' AND entry.settled_at IS NULL AND entry.trainee_id IS NOT NULL
  LIMIT $1`
