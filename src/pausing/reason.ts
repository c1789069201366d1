import type { EntityManager } from 'typeorm'
import { findPersonalDataAbout } from '../schools/named.ts'

// Everybody can read why the bot is paused. A pause is about no trainee, so its reason is checked for those whom it may
// mean: whoever an open request or post is about, and whoever waits for a school that one is about, or that somebody waits for.

/** A reason is checked for so many trainees and schools. */
const MOST_CHECKED = 1_000

/** What a reason gives away about one of them: "name", "email address", "date of birth" or "address"; or null. */
export async function findPersonalDataInPause(sql: EntityManager, reason: string): Promise<string | null> {
  const trainees = await sql.query<{ id: string }[]>(MAY_BE_MEANT, [MOST_CHECKED])
  const schools = await sql.query<{ urn: string }[]>(THEIR_SCHOOLS, [MOST_CHECKED])
  const meant = { trainees: trainees.map(({ id }) => id), urns: schools.map(({ urn }) => urn) }
  return findPersonalDataAbout(sql, meant, reason)
}

const MAY_BE_MEANT = `
  SELECT trainee_id AS id FROM chatops.change_requests
    WHERE status IN ('unsent', 'pending', 'approved', 'verifying', 'needs-attention') AND trainee_id IS NOT NULL
  UNION
  SELECT entry.trainee_id FROM chatops.alert_entries entry JOIN chatops.alerts alert ON alert.id = entry.alert_id
    WHERE alert.status = 'open' AND entry.settled_at IS NULL AND entry.trainee_id IS NOT NULL
  LIMIT $1`

const THEIR_SCHOOLS = `
  SELECT substring(form ->> 'subject' from '^URN (.*)$') AS urn FROM chatops.change_requests
    WHERE status IN ('unsent', 'pending', 'approved', 'verifying', 'needs-attention') AND form ->> 'subject' LIKE 'URN %'
  UNION
  SELECT jsonb_array_elements_text(entry.failure -> 'urns') FROM chatops.alert_entries entry
    JOIN chatops.alerts alert ON alert.id = entry.alert_id
    WHERE alert.status = 'open' AND entry.settled_at IS NULL AND jsonb_exists(entry.failure, 'urns')
  UNION
  SELECT urn FROM chatops.school_waits WHERE status = 'waiting'
  LIMIT $1`
