import type { DataSource } from 'typeorm'
import type * as z from 'zod'
import { OUTBOX_KINDS, type OutboxKind } from './add.ts'
import { type Held, isStillClaimed, markSent } from './held.ts'
import { LEFT_TO_NEWER, NEWER, RetryLater, TakenOver, TURN, Undeliverable } from './not-sent.ts'

/** A row to send now. `again` is true if an earlier attempt may have got through without our hearing of it. */
export type Claimed = Held & {
  kind: OutboxKind
  changeRequest: string | null
  payload: unknown
  again: boolean
  createdAt: Date
  /** Since when it has failed for the reason that it last failed for. */
  failingSince: Date | null
  /** Whether it has waited for long enough for a version of the bot that can send it. */
  hasWaitedForNewer: boolean
  /**
   * Whether its sender still has it: one that slept may have lost it to another. Asked as late as possible before
   * something is sent, and again afterwards: no check can be so late that a sender could not fall asleep after it.
   */
  isHeld: () => Promise<boolean>
  /** Puts on record that it was sent; false if its sender has lost it. */
  markSent: () => Promise<boolean>
}

/** What a row says, as the version of the bot wrote it that added it. Throws what `leaveToNewer` answers if it cannot be read. */
export function readPayload<T>(schema: z.ZodType<T>, row: Pick<Claimed, 'payload' | 'hasWaitedForNewer'>): T {
  const read = schema.safeParse(row.payload)
  if (!read.success) throw leaveToNewer(row, 'its payload cannot be read')
  return read.data
}

/**
 * What to throw of a row that this version of the bot cannot send. During an upgrade a newer one runs beside it and takes the
 * row in one of its next turns; if none has come by then (`LEFT_TO_NEWER`), the row is given up.
 */
export function leaveToNewer({ hasWaitedForNewer }: Pick<Claimed, 'hasWaitedForNewer'>, reason: string): Error {
  if (hasWaitedForNewer) return new Undeliverable(reason)
  return new RetryLater(null, { reason, unsure: false, waitsFor: NEWER, longest: ANOTHER_TURN_MS })
}

const ANOTHER_TURN_MS = 10_000

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
  const { ms, late } = LEFT_TO_NEWER
  const rows = await returned<ClaimedRow>(
    database.query(CLAIM, [limit, SENDER_DEAD_AFTER_SECONDS, kinds, NEWER, ms / 1000, late / 1000]),
  )
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

// Materialized: read again for each row that it is joined with, it would lock and claim others beyond the limit.
const CLAIM = `
  WITH due AS MATERIALIZED (
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
  )
  UPDATE chatops.outbox row SET status = 'sending', claimed_at = now(), attempts = row.attempts + 1,
    unsure = row.unsure OR row.status = 'sending'
  FROM due WHERE row.id = due.id
  RETURNING row.id, row.kind, row.change_request_id, row.payload, row.attempts, row.created_at, row.failing_since,
    row.unsure AS again, coalesce(
      row.failing_for = $4 AND row.failing_since < now() - make_interval(secs => $5)
        AND row.due_at > now() - make_interval(secs => $6), false) AS "hasWaitedForNewer"`

/** Throws TakenOver if the sender has lost its row to another. */
export async function demandHeld(row: Pick<Claimed, 'isHeld'>): Promise<void> {
  if (!(await row.isHeld())) throw new TakenOver()
}
