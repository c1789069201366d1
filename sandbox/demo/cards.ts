// The local Slack forgets its messages when it stops; the database does not. So the demo has the cards posted again.
import { withClient } from '../register/database.ts'

/** At most this many, the newest: a channel full of old cards helps nobody. */
const MOST = 20

/** Has the cards of requests that were sent in earlier runs posted anew, oldest first. Returns how many. */
export async function repostCards(adminUrl: string): Promise<number> {
  return withClient(adminUrl, async (client) => {
    await client.query('BEGIN')
    const { rowCount } = await client.query(`
      WITH newest AS (
        SELECT id FROM chatops.change_requests WHERE sent_at IS NOT NULL AND card_ts IS NOT NULL AND plan IS NOT NULL
        ORDER BY id DESC LIMIT ${MOST}
      ), again AS (
        UPDATE chatops.change_requests SET card_ts = NULL, card_version = card_version + 1
        WHERE id IN (SELECT id FROM newest) RETURNING id
      )
      INSERT INTO chatops.outbox (stream, kind, change_request_id, payload)
      SELECT 'card:' || id, 'card', id, '{}' FROM again ORDER BY id`)
    await client.query('COMMIT')
    return rowCount ?? 0
  })
}
