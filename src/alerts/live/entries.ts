import { type EntityManager, LessThan } from 'typeorm'
import { Alert, type EntryFailure } from '../../entities/chatops/alert.ts'
import type { Because } from '../../failures/found.ts'
import { addToOutbox } from '../../outbox/add.ts'
import { postFirstFrom } from '../../outbox/due.ts'
import { withoutDismissed } from './dismissed.ts'

// The rows that a post is drawn from. Whoever writes an entry locks its alert first, and several alerts in the order of
// their causes, so that there is no deadlock.

/** How many trainees a post shows, and how many are asked about in DTTP. */
export const MOST_SHOWN = 10

export type NewEntry = { subject: string; trainee: string | null; job: string | null; failure: EntryFailure }

type NewAlert = { cause: string; channel: string; thread?: string | null; at: string; from: Date | null }

/** Keeps others from opening, joining or dismissing the alert of a cause until the transaction ends. */
export async function holdCause(sql: EntityManager, cause: string): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('alert ' || $1, 0))`, [cause])
}

/**
 * Adds entries to the open alert of a cause, and opens one if there is none. What was dismissed is left out (dismissed.ts).
 * An alert that has no post yet gets it at `from`, or at once where that is null; it stands in `thread`, if there is one.
 * Returns how many entries are new or different.
 */
export async function joinAlert(
  sql: EntityManager,
  { cause, channel, thread = null, at, from }: NewAlert,
  entries: readonly NewEntry[],
): Promise<number> {
  await holdCause(sql, cause)
  const news = await withoutDismissed(sql, cause, entries)
  if (news.length === 0) return 0
  const [alert] = await sql.query<{ id: string; card_ts: string | null }[]>(OPEN_OR_HOLD, [cause, channel, at, thread])
  if (!alert) throw new Error('an alert was neither opened nor found')
  const changed = await sql.query<unknown[]>(JOIN, [
    alert.id,
    JSON.stringify(news.map(({ subject, trainee, job, failure }) => ({ subject, trainee, job, failure }))),
  ])
  if (changed.length === 0) return 0
  await sql.query(LOOK_SOON, [alert.id, MOST_SHOWN])
  await redraw(sql, alert.id)
  if (alert.card_ts === null) await postFirstFrom(sql, streamOf(alert.id), from)
  return changed.length
}

/**
 * Settles entries of an alert that the caller has locked, and resolves the alert when no entry is open any more.
 * Returns whether any of these entries was open.
 */
export async function settleEntries(sql: EntityManager, id: string, subjects: readonly string[]): Promise<boolean> {
  const [, settled] = await sql.query<[unknown, number]>(SETTLE, [id, subjects])
  if (settled === 0) return false
  await sql.query(RESOLVE, [id])
  await redraw(sql, id)
  return true
}

/** Settles what alerts say of a job that is in Register's Sidekiq no longer, but for those of the causes that it has now. */
export async function settleOfJob(
  sql: EntityManager,
  job: string,
  why: Why,
  but: readonly string[] = [],
): Promise<void> {
  const held = await sql.query<{ id: string; subject: string }[]>(HOLD_OF_JOB, [job, but])
  for (const { id, subject } of held) await settleBecause(sql, id, subject, why)
}

/** Settles what alerts of earlier days say of a poll that has timed out again; its cause is that of today's. */
export async function settleEarlier(sql: EntityManager, subject: string, cause: string, now: Date): Promise<void> {
  const held = await sql.query<{ id: string }[]>(HOLD_EARLIER, [subject, cause])
  for (const { id } of held) await settleBecause(sql, id, subject, { because: 'timed-out-again', now })
}

type Why = { because: Because; now: Date }

/** Why it was settled is kept with what was found; nothing may have been found yet. */
async function settleBecause(sql: EntityManager, id: string, subject: string, { because, now }: Why): Promise<void> {
  await sql.query(KEEP_WHY, [id, subject, now.toISOString(), because])
  await settleEntries(sql, id, [subject])
}

/** Has the post drawn again. If a message for it is queued already, that message will show this change, too. */
export async function redraw(sql: EntityManager, id: string): Promise<void> {
  await sql.query('UPDATE chatops.alerts SET card_version = card_version + 1 WHERE id = $1', [id])
  const [queued] = await sql.query<unknown[]>(`SELECT 1 FROM chatops.outbox WHERE stream = $1 AND status = 'queued'`, [
    streamOf(id),
  ])
  if (!queued) await announceAlerts(sql, id)
}

/** The post as it was drawn, and where it stands. */
type Drawn = Pick<Alert, 'id'> & { version: number; cardTs: string }

/** Keeps which drawing of a post Slack has. It never goes back: false if Slack had been given a newer one already. */
export async function noteDrawnPost(sql: EntityManager, { id, version, cardTs }: Drawn): Promise<boolean> {
  const older = { id, renderedVersion: LessThan(version) }
  const { affected } = await sql.update(Alert, older, { cardTs, renderedVersion: version })
  return affected === 1
}

export async function announceAlerts(sql: EntityManager, ...ids: readonly string[]): Promise<void> {
  const rows = ids.map((alert) => ({
    ...{ stream: streamOf(alert), kind: 'alert' as const, changeRequest: null },
    payload: { alert },
  }))
  await addToOutbox(sql, ...rows)
}

function streamOf(id: string): string {
  return `alert:${id}`
}

const OPEN_OR_HOLD = `
  INSERT INTO chatops.alerts (cause, channel, opened_at, thread_ts) VALUES ($1, $2, $3, $4)
  ON CONFLICT (cause) WHERE status = 'open' DO UPDATE SET cause = excluded.cause
  RETURNING id, card_ts`

// An entry changes only for another job, for other words, or when it had been settled.
const JOIN = `
  INSERT INTO chatops.alert_entries AS entry (alert_id, subject, trainee_id, job_id, failure, added_at)
  SELECT $1, new.subject, new.trainee, new.job, new.failure, (new.failure ->> 'at')::timestamptz
  FROM jsonb_to_recordset($2) AS new (subject text, trainee bigint, job uuid, failure jsonb)
  ON CONFLICT (alert_id, subject) DO UPDATE SET
    job_id = excluded.job_id, failure = excluded.failure, settled_at = NULL,
    added_at = CASE WHEN entry.settled_at IS NULL THEN entry.added_at ELSE excluded.added_at END
  WHERE entry.settled_at IS NOT NULL OR entry.job_id IS DISTINCT FROM excluded.job_id
    OR entry.failure ->> 'words' <> excluded.failure ->> 'words'
  RETURNING 1`

const LOOK_SOON = `
  UPDATE chatops.alerts SET looked_at = NULL WHERE id = $1
    AND (SELECT count(*) FROM chatops.alert_entries WHERE alert_id = $1 AND settled_at IS NULL) <= $2`

const HOLD_OF_JOB = `
  SELECT alert.id, entry.subject FROM chatops.alerts alert JOIN chatops.alert_entries entry ON entry.alert_id = alert.id
  WHERE alert.status = 'open' AND alert.cause <> ALL ($2) AND entry.job_id = $1 AND entry.settled_at IS NULL
  ORDER BY alert.cause COLLATE "C", alert.id FOR NO KEY UPDATE OF alert`

const HOLD_EARLIER = `
  SELECT alert.id FROM chatops.alerts alert JOIN chatops.alert_entries entry ON entry.alert_id = alert.id
  WHERE alert.status = 'open' AND alert.cause LIKE 'timed-out%' AND alert.cause < $2
    AND entry.subject = $1 AND entry.settled_at IS NULL
  ORDER BY alert.cause COLLATE "C", alert.id FOR NO KEY UPDATE OF alert`

const KEEP_WHY = `
  UPDATE chatops.alerts SET found = jsonb_set(
    coalesce(found, jsonb_build_object(
      'at', $3::text, 'dttp', NULL, 'statuses', NULL, 'trainees', '{}'::jsonb, 'because', '{}'::jsonb)),
    ARRAY['because', $2], to_jsonb($4::text))
  WHERE id = $1`

const SETTLE = `
  UPDATE chatops.alert_entries SET settled_at = now()
  WHERE alert_id = $1 AND subject = ANY($2) AND settled_at IS NULL`

const RESOLVE = `
  UPDATE chatops.alerts SET status = 'resolved', closed_at = now() WHERE id = $1 AND status = 'open'
    AND NOT EXISTS (SELECT FROM chatops.alert_entries WHERE alert_id = $1 AND settled_at IS NULL)`
