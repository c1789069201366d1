import type { ChangesContext } from '../changes/context.ts'
import {
  type Claimed,
  claimOutbox,
  giveUp,
  markSent,
  type OutboxKind,
  postpone,
  RetryLater,
  Undeliverable,
} from '../changes/outbox.ts'
import { startLoop } from './loop.ts'

/** How each kind of outbox row is carried out. Each is idempotent by the row's id. */
export type Effects = Readonly<Record<OutboxKind, (row: Claimed) => Promise<void>>>

const BATCH = 20
const POLL_MS = 200
const MAX_DELAY_MS = 5 * 60_000
/** After about a day of five-minute delays nobody is waiting for the message any more. */
const MAX_ATTEMPTS = 300

/** Sends outbox rows until it is stopped: at once when nudged, and otherwise several times a second. */
export function startRelay(context: ChangesContext, effects: Effects) {
  return startLoop(context.log, 'outbox relay', POLL_MS, async () => {
    const rows = await claimOutbox(context.database, BATCH)
    await Promise.all(rows.map((row) => relay(context, effects, row)))
    return rows.length > 0
  })
}

async function relay(context: ChangesContext, effects: Effects, row: Claimed): Promise<void> {
  const sql = context.database.manager
  try {
    await effects[row.kind](row)
    await markSent(sql, row.id)
  } catch (error) {
    const because = error instanceof Error ? `${error.name}: ${reasonOf(error)}` : 'unknown'
    const log = context.log.child({ changeRequest: row.changeRequest, outbox: row.id, kind: row.kind, because })
    if (error instanceof Undeliverable || row.attempts >= MAX_ATTEMPTS) {
      log.error('outbox row given up')
      return giveUp(sql, row.id, because)
    }
    const delay =
      error instanceof RetryLater ? error.delay : Math.min(500 * 2 ** Math.min(row.attempts, 12), MAX_DELAY_MS)
    log.warn({ delay }, 'outbox row postponed')
    await postpone(sql, row.id, delay, because)
  }
}

/** Slack's error codes say what happened and hold nothing personal; other messages are not kept. */
function reasonOf(error: Error): string {
  const { data, code } = error as { data?: { error?: string }; code?: string }
  return data?.error ?? code ?? (error instanceof Undeliverable || error instanceof RetryLater ? error.message : '')
}
