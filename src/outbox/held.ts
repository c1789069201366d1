import type { EntityManager } from 'typeorm'
import { OutboxRow } from '../entities/chatops/outbox-row.ts'
import { LEFT_TO_NEWER, NEWER, type Postponement } from './not-sent.ts'

/**
 * What became of a row is written only by the sender that still has it: one that slept may have lost it to another, who
 * then says what became of it. `attempts` tells one claim of a row from the next.
 */
const STILL_CLAIMED = `id = $1 AND status = 'sending' AND attempts = $2`

export type Held = { id: string; attempts: number }

/** Nobody takes a row from a sender that has had it, or has asked about it, within so many seconds. */
const SURE_SECONDS = 15

/** Whether a sender still has its row. If so, it counts as alive: from now, or since it last said so, a moment ago. */
export async function isStillClaimed(sql: EntityManager, { id, attempts }: Held): Promise<boolean> {
  const fresh = await sql.query<unknown[]>(
    `SELECT 1 FROM chatops.outbox WHERE ${STILL_CLAIMED} AND claimed_at > now() - make_interval(secs => $3)`,
    [id, attempts, SURE_SECONDS],
  )
  if (fresh.length > 0) return true
  const [alive] = await sql.query<[unknown[], number]>(
    `UPDATE chatops.outbox SET claimed_at = now() WHERE ${STILL_CLAIMED} RETURNING 1`,
    [id, attempts],
  )
  return alive.length > 0
}

/** False if the sender has lost its row. */
export async function markSent(sql: EntityManager, { id, attempts }: Held): Promise<boolean> {
  const [, marked] = await sql.query<[unknown, number]>(
    `UPDATE chatops.outbox SET status = 'sent', sent_at = now(), last_error = NULL, waits_for = NULL,
       failing_since = NULL WHERE ${STILL_CLAIMED}`,
    [id, attempts],
  )
  return marked === 1
}

/**
 * Puts a row back to be sent later; `delay` in milliseconds. A blameless delay leaves alone why it fails, and since when; but this
 * version can read the row, which waits for no newer one.
 */
export async function postponeRow(
  sql: EntityManager,
  { id, attempts }: Held,
  delay: number,
  error: string,
  { unsure = true, waitsFor = null, isBlameless = false }: Postponement = {},
): Promise<void> {
  await sql.query(POSTPONE, [id, attempts, delay / 1000, error, unsure, waitsFor, isBlameless])
}

const POSTPONE = `
  UPDATE chatops.outbox SET status = 'queued', due_at = now() + make_interval(secs => $3), last_error = $4,
    unsure = unsure OR $5, waits_for = $6, attempts = attempts - CASE WHEN $7 THEN 1 ELSE 0 END,
    failing_for = CASE WHEN $7 THEN nullif(failing_for, '${NEWER}') ELSE $6 END,
    failing_since = CASE WHEN $7 AND failing_for = '${NEWER}' THEN NULL WHEN $7 THEN failing_since
      WHEN $6 = '${NEWER}' AND due_at <= claimed_at - interval '${LEFT_TO_NEWER.late} ms' THEN now()
      WHEN failing_for IS NOT DISTINCT FROM $6 THEN COALESCE(failing_since, now()) ELSE now() END
  WHERE ${STILL_CLAIMED}`

/** Gives a row up for good. The rows after it in its stream are sent all the same. */
export async function giveUp(sql: EntityManager, { id, attempts }: Held, error: string): Promise<void> {
  await sql.update(OutboxRow, { id, attempts, status: 'sending' }, { status: 'failed', lastError: error })
}

/** Leaves a row to an operator, who has it tried again; those after it in its stream go on. */
export async function leaveToOperator(
  sql: EntityManager,
  { id, attempts }: Held,
  error: string,
  { unsure = true }: Postponement,
): Promise<void> {
  await sql.query(
    `UPDATE chatops.outbox SET status = 'waiting', last_error = $3, unsure = unsure OR $4, waits_for = NULL
     WHERE ${STILL_CLAIMED}`,
    [id, attempts, error, unsure],
  )
}
