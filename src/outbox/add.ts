import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import type { Json } from '../entities/json.ts'

/**
 * The kinds of outbox rows. `hint` and `job` wake a worker, `sidekiq` writes to Register's Sidekiq, `trello` adds a
 * Trello card, and the others are Slack messages.
 */
export const OUTBOX_KINDS = [
  ...(['card', 'thread', 'direct', 'alert', 'brake', 'morning'] as const),
  ...(['trello', 'hint', 'job', 'sidekiq'] as const),
] as const
export type OutboxKind = (typeof OUTBOX_KINDS)[number]

/** The kinds that are Slack messages. */
export const SLACK_KINDS: ReadonlySet<OutboxKind> = new Set(['card', 'thread', 'direct', 'alert', 'brake', 'morning'])

export type NewRow = {
  id?: string
  stream: string
  kind: OutboxKind
  changeRequest: string | null
  payload?: Record<string, Json>
  /** Sent after so many milliseconds, not at once. */
  delay?: number
}

/** Adds effects to the transaction that they belong to. Rows of one stream are sent in order, one at a time. */
export async function addToOutbox(sql: EntityManager, ...rows: readonly NewRow[]): Promise<void> {
  await sql.query(ADD, [asJson(rows)])
}

/** An UPDATE of the caller's; its parameters begin at $3. */
type Change = { update: string; parameters: readonly unknown[] }

/**
 * Adds effects in one statement with a change of the caller's. What is in a stream in `drawn` is read from the database when it
 * is sent: while one waits it speaks of this change, too, and no other is added. Until we commit, no relay can take it.
 */
export async function addWith(
  sql: EntityManager,
  { update, parameters }: Change,
  rows: readonly NewRow[],
  drawn: readonly string[] = [],
): Promise<void> {
  const statement = `WITH changed AS (${update}), ${WAITING} ${ADD} WHERE stream NOT IN (SELECT stream FROM waiting)`
  await sql.query(statement, [asJson(rows), drawn, ...parameters])
}

const ADD = `
  INSERT INTO chatops.outbox (id, stream, kind, change_request_id, payload, due_at)
  SELECT id, stream, kind, "changeRequest", payload, now() + make_interval(secs => delay / 1000)
  FROM jsonb_to_recordset($1) AS added (
    id uuid, stream text, kind text, "changeRequest" bigint, payload jsonb, delay double precision)`

const WAITING = `
  waiting AS (
    SELECT stream FROM chatops.outbox WHERE stream = ANY($2::text[]) AND status = 'queued'
    FOR NO KEY UPDATE SKIP LOCKED)`

function asJson(rows: readonly NewRow[]): string {
  return JSON.stringify(rows.map((row) => ({ id: randomUUID(), payload: {}, delay: 0, ...row })))
}
