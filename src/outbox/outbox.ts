import { randomUUID } from 'node:crypto'
import type { DataSource, EntityManager } from 'typeorm'
import * as z from 'zod'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { OutboxRow } from '../entities/chatops/outbox-row.ts'
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

/** Which message goes into a request's thread: what came of it, or what is left to do by hand. */
const threadPart = z.enum(['outcome', 'steps'])

/**
 * A message of a request's thread that is drawn from the request alone. Earlier versions of the bot named four other
 * parts, which said the same.
 */
export const announcement = z.object({
  part: z.union([
    threadPart,
    z.literal('notice').transform(() => 'outcome' as const),
    z.literal('manual-steps').transform(() => 'steps' as const),
    z.enum(['receipt', 'advice']).transform(() => null),
  ]),
})

type NewRow = {
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

const ADD = `
  INSERT INTO chatops.outbox (id, stream, kind, change_request_id, payload, due_at)
  SELECT id, stream, kind, "changeRequest", payload, now() + make_interval(secs => delay / 1000)
  FROM jsonb_to_recordset($1) AS added (
    id uuid, stream text, kind text, "changeRequest" bigint, payload jsonb, delay double precision)`
const UNLESS_WAITING = ' WHERE stream NOT IN (SELECT stream FROM waiting)'

function asJson(rows: readonly NewRow[]): string {
  return JSON.stringify(rows.map((row) => ({ id: randomUUID(), payload: {}, delay: 0, ...row })))
}

/** Has the card drawn again from the database, at once or after `delay` milliseconds, and adds messages to its thread. */
export async function announce(
  sql: EntityManager,
  changeRequest: string,
  parts: readonly z.output<typeof threadPart>[] = [],
  { delay = 0 } = {},
) {
  const card: NewRow = { stream: `card:${changeRequest}`, kind: 'card', changeRequest, delay }
  const thread = parts.map((part) => threadRow(changeRequest, { part }))
  await sql.query(DRAW_AGAIN + ADD + UNLESS_WAITING, [asJson([card, ...thread]), changeRequest])
}

/** The card of a row that waits is drawn only when that is sent: it needs no other. Until we commit, no relay can take it. */
const DRAW_AGAIN = `
  WITH drawn AS (UPDATE chatops.change_requests SET card_version = card_version + 1 WHERE id = $2),
  waiting AS (
    SELECT stream FROM chatops.outbox WHERE stream = 'card:' || $2::bigint AND status = 'queued'
    FOR NO KEY UPDATE SKIP LOCKED)`

/** Adds a message to a request's thread. The thread is a stream of its own: a card in trouble does not hold it up. */
export async function addToThread(
  sql: EntityManager,
  changeRequest: string,
  payload: Record<string, Json> & { part: string },
): Promise<void> {
  await addToOutbox(sql, threadRow(changeRequest, payload))
}

function threadRow(changeRequest: string, payload: Record<string, Json> & { part: string }): NewRow {
  return { stream: `thread:${changeRequest}`, kind: 'thread', changeRequest, payload }
}

/** Tells the requester directly what has become of a finished request: its thread has its outcome already. */
export async function tellRequester(
  sql: EntityManager,
  { id, requester: user }: Pick<ChangeRequest, 'id' | 'requester'>,
  payload: Record<string, Json> & { part: string },
): Promise<void> {
  await addToOutbox(sql, { stream: `direct:${id}`, kind: 'direct', changeRequest: id, payload: { user, ...payload } })
}

/** Wakes a worker for an approved request. It is only a hint: if it is lost, a sweep sends another one. */
export async function hintExecution(sql: EntityManager, changeRequest: string, now: Date): Promise<void> {
  const hint: NewRow = { stream: `hint:${changeRequest}`, kind: 'hint', changeRequest }
  await sql.query(HINTED + ADD, [asJson([hint]), changeRequest, now])
}

const HINTED = `
  WITH hinted AS (UPDATE chatops.change_requests SET hinted_at = $3 WHERE id = $2)`

/** A row to send now. `again` is true if an earlier attempt may have got through without our hearing of it. */
export type Claimed = {
  id: string
  kind: OutboxKind
  changeRequest: string | null
  payload: unknown
  again: boolean
  attempts: number
  createdAt: Date
  /** Since when it has failed for the reason that it last failed for. */
  failingSince: Date | null
  /**
   * Whether its sender still has it: one that slept may have lost it to another. Asked as late as possible before
   * something is sent, and again afterwards: no check can be so late that a sender could not fall asleep after it.
   */
  isHeld: () => Promise<boolean>
  /** Puts on record that it was sent; false if its sender has lost it. */
  markSent: () => Promise<boolean>
}

/** What a row says, as the version of the bot wrote it that added it. Throws Undeliverable if it cannot be read. */
export function readPayload<T>(schema: z.ZodType<T>, { payload }: Pick<Claimed, 'payload'>): T {
  const read = schema.safeParse(payload)
  if (!read.success) throw new Undeliverable('its payload cannot be read')
  return read.data
}

/**
 * What a row waits for that Slack takes only at its own pace. Replies leave their turns to the cards and posts that wait
 * for one: after an outage people see first where each request stands.
 */
export const TURN = 'turn'

/** The sender of a row that has been "sending" for this many seconds counts as dead. */
const SENDER_DEAD_AFTER_SECONDS = 60

/**
 * Takes up to `limit` rows of these kinds to send: the first open row of each stream, if it is due; what wakes workers
 * first, then cards and posts, then all else. Two relays never hold the same row, nor two rows of one stream. What is for
 * a queue or for Trello waits while the bot is paused.
 */
export async function claimOutbox(
  database: DataSource,
  limit: number,
  kinds: readonly OutboxKind[] = OUTBOX_KINDS,
): Promise<Claimed[]> {
  const rows = await returned<ClaimedRow>(database.query(CLAIM, [limit, SENDER_DEAD_AFTER_SECONDS, kinds]))
  return rows.map(({ change_request_id, created_at, failing_since, ...row }) => ({
    ...row,
    changeRequest: change_request_id,
    createdAt: created_at,
    failingSince: failing_since,
    isHeld: () => isStillClaimed(database.manager, row),
    markSent: () => markSent(database.manager, row),
  }))
}

/** TypeORM answers an UPDATE … RETURNING with the rows and their number. */
async function returned<T>(answer: Promise<unknown>): Promise<T[]> {
  const [rows] = (await answer) as [T[], number]
  return rows
}

type ClaimedRow = Omit<Claimed, 'changeRequest' | 'createdAt' | 'failingSince' | 'isHeld' | 'markSent'> & {
  change_request_id: string | null
  created_at: Date
  failing_since: Date | null
}

const CLAIM = `
  UPDATE chatops.outbox row SET status = 'sending', claimed_at = now(), attempts = row.attempts + 1,
    unsure = row.unsure OR row.status = 'sending'
  FROM (
    SELECT id FROM chatops.outbox candidate
    WHERE status IN ('queued', 'sending') AND due_at <= now() AND kind = ANY ($3)
      AND (kind = 'brake' OR NOT EXISTS (SELECT FROM chatops.brake WHERE holds_messages))
      AND (kind NOT IN ('hint', 'job', 'sidekiq', 'trello')
        OR NOT EXISTS (SELECT FROM chatops.brake WHERE paused_at IS NOT NULL))
      AND (kind <> 'thread' OR NOT EXISTS (
        SELECT FROM chatops.outbox shown WHERE shown.status = 'queued' AND shown.waits_for = '${TURN}'
          AND shown.kind IN ('card', 'alert') AND shown.due_at < now() + interval '10 seconds'))
      AND (status = 'queued' OR claimed_at < now() - make_interval(secs => $2))
      AND NOT EXISTS (
        SELECT FROM chatops.outbox earlier
        WHERE earlier.stream = candidate.stream AND earlier.seq < candidate.seq AND earlier.status IN ('queued', 'sending')
      )
    ORDER BY CASE WHEN kind IN ('hint', 'job', 'sidekiq') THEN 0 WHEN kind IN ('card', 'alert') THEN 1 ELSE 2 END, seq
    LIMIT $1 FOR UPDATE SKIP LOCKED
  ) due
  WHERE row.id = due.id
  RETURNING row.id, row.kind, row.change_request_id, row.payload, row.attempts, row.created_at, row.failing_since,
    row.unsure AS again`

/**
 * What became of a row is written only by the sender that still has it: one that slept may have lost it to another, who
 * then says what became of it. `attempts` tells one claim of a row from the next.
 */
const STILL_CLAIMED = `id = $1 AND status = 'sending' AND attempts = $2`

type Claim = Pick<Claimed, 'id' | 'attempts'>

/** Whether a sender still has its row. If so, it counts as alive from now. */
export async function isStillClaimed(sql: EntityManager, { id, attempts }: Claim): Promise<boolean> {
  const rows = await sql.query<unknown[]>(
    `UPDATE chatops.outbox SET claimed_at = now() WHERE ${STILL_CLAIMED} RETURNING 1`,
    [id, attempts],
  )
  return (rows[0] as unknown[]).length > 0
}

/** False if the sender has lost its row. */
export async function markSent(sql: EntityManager, { id, attempts }: Claim): Promise<boolean> {
  const [, marked] = await sql.query<[unknown, number]>(
    `UPDATE chatops.outbox SET status = 'sent', sent_at = now(), last_error = NULL, waits_for = NULL,
       failing_since = NULL WHERE ${STILL_CLAIMED}`,
    [id, attempts],
  )
  return marked === 1
}

/** Puts a row back to be sent later; `delay` in milliseconds. A blameless pause leaves alone why it fails, and since when. */
export async function postponeRow(
  sql: EntityManager,
  { id, attempts }: Claim,
  delay: number,
  error: string,
  { unsure = true, waitsFor = null, isBlameless = false }: Pause = {},
): Promise<void> {
  await sql.query(POSTPONE, [id, attempts, delay / 1000, error, unsure, waitsFor, isBlameless])
}

const POSTPONE = `
  UPDATE chatops.outbox SET status = 'queued', due_at = now() + make_interval(secs => $3), last_error = $4,
    unsure = unsure OR $5, waits_for = $6, attempts = attempts - CASE WHEN $7 THEN 1 ELSE 0 END,
    failing_for = CASE WHEN $7 THEN failing_for ELSE $6 END,
    failing_since = CASE WHEN $7 THEN failing_since
      WHEN failing_for IS NOT DISTINCT FROM $6 THEN COALESCE(failing_since, now()) ELSE now() END
  WHERE ${STILL_CLAIMED}`

/** What these rows waited for is there: they can go at once. */
export async function wakeOutbox(sql: EntityManager, waitsFor: string): Promise<void> {
  await sql.query(
    `UPDATE chatops.outbox SET due_at = now() WHERE status = 'queued' AND waits_for = $1 AND due_at > now()`,
    [waitsFor],
  )
}

/** Gives a row up for good. The rows after it in its stream are sent all the same. */
export async function giveUp(sql: EntityManager, { id, attempts }: Claim, error: string): Promise<void> {
  await sql.update(OutboxRow, { id, attempts, status: 'sending' }, { status: 'failed', lastError: error })
}

/** Leaves a row to an operator, who has it tried again; those after it in its stream go on. */
export async function leaveToOperator(sql: EntityManager, { id, attempts }: Claim, error: string): Promise<void> {
  await sql.query(
    `UPDATE chatops.outbox SET status = 'waiting', last_error = $3, unsure = true, waits_for = NULL
     WHERE ${STILL_CLAIMED}`,
    [id, attempts, error],
  )
}

/** How and why a row is put off. */
export type Pause = {
  /** A code; never words of another system's. */
  reason?: string
  /** The attempt may have got through; so it is if nothing is said of it. */
  unsure?: boolean
  /** What the row cannot be sent without: `slack`, or `channel:<id>`, or `card:<request>`, or `TURN`. `wakeOutbox` has it sent. */
  waitsFor?: string | null
  /** Where the delay grows: its end, in milliseconds. */
  longest?: number
  /** The row was not even tried: no attempt is used up. */
  isBlameless?: boolean
  /** Waiting has no end: no operator can help. */
  isEndless?: boolean
}

/** To be tried again after this many milliseconds; null lets the delay grow with the time that the row has failed. */
export class RetryLater extends Error {
  constructor(
    readonly delay: number | null,
    readonly pause: Pause = {},
  ) {
    super(pause.reason ?? `asked to wait ${delay} ms`)
    this.name = 'RetryLater'
  }
}

/** Another sender has the row by now, and says what becomes of it. */
export class TakenOver extends Error {
  constructor() {
    super('another sender has taken it over')
    this.name = 'TakenOver'
  }
}

/** Throws TakenOver if the sender has lost its row to another. */
export async function demandHeld(row: Pick<Claimed, 'isHeld'>): Promise<void> {
  if (!(await row.isHeld())) throw new TakenOver()
}

/** Sending it again would fail again. */
export class Undeliverable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Undeliverable'
  }
}
