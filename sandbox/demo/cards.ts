// The local Slack forgets its messages when it stops; the database does not. So the demo has what matters posted again.
import { withClient } from '../register/database.ts'

/** At most this many, the newest: a channel full of old cards helps nobody. */
const MOST = 20

/** One stream for all: what is in a stream is sent one after another, so the channel is in the order of before. */
const AGAIN = 'posted-again'

/**
 * Has the cards of earlier runs posted anew, oldest first, each with what was in its thread, and then the posts of open
 * alerts. Returns how many cards.
 */
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
      SELECT '${AGAIN}', 'card', id, '{}' FROM again ORDER BY id`)
    await client.query(THREADS)
    await client.query(ALERTS)
    await client.query('COMMIT')
    return rowCount ?? 0
  })
}

// A reply waits until its card is there.
const THREADS = `
  UPDATE chatops.outbox SET status = 'queued', due_at = now(), waits_for = NULL
  WHERE kind = 'thread' AND status = 'sent' AND change_request_id IN (
    SELECT change_request_id FROM chatops.outbox WHERE kind = 'card' AND status = 'queued')`

const ALERTS = `
  WITH newest AS (
    SELECT id FROM chatops.alerts WHERE status = 'open' AND card_ts IS NOT NULL ORDER BY id DESC LIMIT ${MOST}
  ), again AS (
    UPDATE chatops.alerts SET card_ts = NULL, card_version = card_version + 1, looked_at = NULL
    WHERE id IN (SELECT id FROM newest) RETURNING id
  )
  INSERT INTO chatops.outbox (stream, kind, payload)
  SELECT '${AGAIN}', 'alert', jsonb_build_object('alert', id::text) FROM again ORDER BY id`
