import { createHash } from 'node:crypto'
import type { DataSource, EntityManager } from 'typeorm'
import type { Json } from '../entities/json.ts'

/** What can happen to a change request, and to what the bot posts by itself. */
export type LedgerEvent =
  | 'blocked'
  | 'proposed'
  | 'sent'
  | 'review-opened'
  | 'values-revealed'
  | 'refused'
  | 'approved'
  | 'rejected'
  | 'cancelled'
  | 'expired'
  | 'stale'
  | 'executed'
  | 'failed'
  | 'verified'
  | 'needs-attention'
  | 'done'
  | 'purged'
  | 'alert-dismissed'
  | 'waiting-for-school'
  | 'paused'
  | 'resume-asked'
  | 'resumed'
  | 'adopted'

/** Who did it: a Slack user id, or this for what the bot does by itself. */
export const THE_BOT = 'chatops'

/** Somebody at the command line, who has the database's password. */
export const OPERATOR = 'operator'

/**
 * Appends an entry and returns its hash. Must be the last statement before COMMIT: it locks the chain's head.
 * `details` holds digests, column names and codes, never personal values or free text.
 */
export async function appendToLedger(
  sql: EntityManager,
  entry: { changeRequest: string | null; event: LedgerEvent; actor: string; details?: Record<string, Json> },
): Promise<string> {
  const [row] = await sql.query<{ hash: string }[]>('SELECT chatops.append_ledger($1, $2, $3, $4) AS hash', [
    entry.changeRequest,
    entry.event,
    entry.actor,
    JSON.stringify(entry.details ?? {}),
  ])
  if (!row) throw new Error('the ledger returned no hash')
  return row.hash
}

export type LedgerVerdict = { entries: number; broken: { seq: string; why: string } | null; head: string }

/**
 * Walks the whole chain and recomputes every hash; finds the first entry that was altered, removed or added, and what was
 * carried out without an approval.
 */
export async function verifyLedger(database: DataSource): Promise<LedgerVerdict> {
  return database.transaction('REPEATABLE READ', async (sql) => {
    const [start] = await sql.query<{ id: string }[]>('SELECT id FROM chatops.identity')
    const [head] = await sql.query<{ seq: string; hash: string }[]>('SELECT seq, hash FROM chatops.ledger_head')
    if (!start || !head) throw new Error('the ledger is not set up: run the migrations')
    let hash = sha256(`chatops ledger ${start.id}`)
    let seq = 0n
    for (;;) {
      const entries = await sql.query<Entry[]>(PAGE, [seq.toString()])
      if (entries.length === 0) break
      for (const entry of entries) {
        const broken = (why: string) => ({ entries: Number(seq), broken: { seq: entry.seq, why }, head: head.hash })
        if (BigInt(entry.seq) !== seq + 1n) return broken('an entry before it is missing')
        if (seq === BigInt(head.seq)) return broken('it was added past the head')
        if (entry.prev_hash !== hash) return broken('it does not follow the entry before it')
        const { change_request_id, at, event, actor, details } = entry
        if (sha256([hash, entry.seq, change_request_id, at, event, actor, details].join('\n')) !== entry.hash) {
          return broken('its content was altered')
        }
        hash = entry.hash
        seq += 1n
      }
    }
    const complete = BigInt(head.seq) === seq && head.hash === hash
    if (!complete) {
      return {
        entries: Number(seq),
        broken: { seq: head.seq, why: 'entries at the end are missing' },
        head: head.hash,
      }
    }
    const [bare] = await sql.query<{ seq: string }[]>(EXECUTED_WITHOUT_APPROVAL)
    if (!bare) return { entries: Number(seq), broken: null, head: head.hash }
    const why = 'a request was carried out that nobody had approved as it was'
    return { entries: Number(bare.seq) - 1, broken: { seq: bare.seq, why }, head: head.hash }
  })
}

type Entry = {
  seq: string
  change_request_id: string
  at: string
  event: string
  actor: string
  details: string
  prev_hash: string
  hash: string
}

const PAGE = `
  SELECT seq, coalesce(change_request_id::text, '-') AS change_request_id,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, event, actor, details::text AS details,
    prev_hash, hash
  FROM chatops.ledger WHERE seq > $1 ORDER BY seq LIMIT 1000`

const EXECUTED_WITHOUT_APPROVAL = `
  SELECT seq FROM chatops.ledger executed
  WHERE event = 'executed' AND NOT EXISTS (
    SELECT FROM chatops.ledger approval
    WHERE approval.change_request_id = executed.change_request_id AND approval.event = 'approved'
      AND approval.seq < executed.seq AND approval.actor = executed.details ->> 'approver'
      AND approval.details ->> 'digest' = executed.details ->> 'digest')
  ORDER BY seq LIMIT 1`

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
