import type { DataSource } from 'typeorm'

// Who has opened the Home tab lately. It is drawn again for them when there is something new, whichever process does so:
// within a quarter of an hour, at most every 30 seconds for each person, and 30 times a minute in all.

/**
 * What the Home tab is drawn from, as it stands: every event on a request or the brake is in the ledger. A row leads to its
 * card or post only once Slack has that.
 */
const STANDS = `
  (SELECT concat_ws('/', head.seq, request.posted, alert.stands, alert.posted, wait.stands)
  FROM chatops.ledger_head head,
    (SELECT max(card_ts) AS posted FROM chatops.change_requests
     WHERE status IN ('pending', 'approved', 'verifying')) request,
    (SELECT sum(card_version) + count(*) AS stands, max(card_ts) AS posted
     FROM chatops.alerts WHERE status = 'open') alert,
    (SELECT count(*) AS stands FROM chatops.school_waits WHERE status = 'waiting') wait)`

/** Puts on record what somebody is shown of their Home tab. Call it before it is read. */
export async function noteOpened(database: DataSource, user: string, shows: object): Promise<void> {
  await database.query(
    `INSERT INTO chatops.home_tabs (slack_user, shows, opened_at, drawn_at, drawn_as) VALUES ($1, $2, now(), now(), ${STANDS})
     ON CONFLICT (slack_user) DO UPDATE SET shows = excluded.shows, opened_at = now(), drawn_at = now(),
       drawn_as = excluded.drawn_as`,
    [user, shows],
  )
}

/** What somebody is shown of their Home tab, as it was noted; undefined where nothing was. */
export async function findShown(database: DataSource, user: string): Promise<unknown> {
  const [row] = await database.query<{ shows: unknown }[]>(
    'SELECT shows FROM chatops.home_tabs WHERE slack_user = $1',
    [user],
  )
  return row?.shows
}

/** Takes the Home tabs that are to be drawn again now; no other process takes the same ones. */
export async function claimOutdated(database: DataSource): Promise<{ user: string; shows: unknown }[]> {
  if ((await database.query<unknown[]>(OUTDATED)).length === 0) return []
  return database.transaction(async (sql) => {
    await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('home tabs', 0))`)
    const [rows] = await sql.query<[{ user: string; shows: unknown }[], number]>(CLAIM)
    return rows
  })
}

/** Gives back tabs that were taken and not drawn: they are drawn again as soon as Slack wants to hear of it. */
export async function giveBack(database: DataSource, users: readonly string[]): Promise<void> {
  await database.query(
    `UPDATE chatops.home_tabs SET drawn_at = now() - interval '31 seconds', redrawn_at = NULL, drawn_as = ''
     WHERE slack_user = ANY($1)`,
    [users],
  )
}

const OUTDATED = `
  WITH stands AS MATERIALIZED (SELECT ${STANDS} AS now)
  SELECT FROM chatops.home_tabs, stands
  WHERE opened_at > now() - interval '15 minutes' AND drawn_at < now() - interval '30 seconds' AND drawn_as <> stands.now
  LIMIT 1`

const CLAIM = `
  WITH stands AS MATERIALIZED (SELECT ${STANDS} AS now)
  UPDATE chatops.home_tabs tab SET drawn_at = now(), redrawn_at = now(), drawn_as = stands.now FROM stands
  WHERE slack_user IN (
    SELECT slack_user FROM chatops.home_tabs, stands
    WHERE opened_at > now() - interval '15 minutes' AND drawn_at < now() - interval '30 seconds'
      AND drawn_as <> stands.now
    ORDER BY drawn_at LIMIT greatest(0, 30 - (
      SELECT count(*) FROM chatops.home_tabs WHERE redrawn_at > now() - interval '1 minute')))
  RETURNING slack_user AS user, shows`
