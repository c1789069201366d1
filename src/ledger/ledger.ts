import type { EntityManager } from 'typeorm'
import type { Json } from '../entities/json.ts'
import { noteTransaction } from '../entities/sure-transaction.ts'

/** What can happen to a change request, and to what the bot posts by itself. */
export type LedgerEvent =
  | 'blocked'
  | 'proposed'
  | 'sent'
  | 'review-opened'
  | 'values-revealed'
  | 'refused'
  | 'question-asked'
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
  | 'step-done'
  | 'step-not-done'
  | 'step-needless'
  | 'dealt-with'
  | 'alert-dismissed'
  | 'waiting-for-school'
  | 'wait-stopped'
  | 'paused'
  | 'resume-asked'
  | 'resumed'
  | 'adopted'

/** What can happen to a request, as people read of it. That it was looked at, or purged, is no news. */
export type RequestEvent = Exclude<
  LedgerEvent,
  | ('blocked' | 'verified' | 'purged' | 'alert-dismissed' | 'waiting-for-school' | 'wait-stopped')
  | ('paused' | 'resume-asked' | 'resumed' | 'adopted')
>

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
  const { changeRequest, event, actor, details = {} } = entry
  const [row] = await sql.query<{ hash: string; id: string }[]>(APPEND, [
    changeRequest,
    event,
    actor,
    JSON.stringify(details),
  ])
  if (!row) throw new Error('the ledger returned no hash')
  noteTransaction(sql, { id: row.id, entry: row.hash })
  return row.hash
}

const APPEND = 'SELECT chatops.append_ledger($1, $2, $3, $4) AS hash, pg_current_xact_id()::text AS id'
