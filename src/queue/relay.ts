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
import { type Loop, startLoop } from './loop.ts'

/** How each kind of outbox row is carried out. Each is idempotent by the row's id. */
export type Effects = Readonly<Record<OutboxKind, (row: Claimed) => Promise<void>>>

/** Rows under way at once: one slow receiver must not hold up the others. */
const SLOTS = 20
const POLL_MS = 200
const MAX_DELAY_MS = 5 * 60_000
/** Someone waits for an approved change; asking the queue again costs nothing. */
const MAX_HINT_DELAY_MS = 5_000
/** After about a day of five-minute delays nobody is waiting for the message any more; being asked to wait does not count. */
const MAX_ATTEMPTS = 300

/** Sends outbox rows until it is stopped: at once when nudged, and otherwise several times a second. */
export function startRelay(context: ChangesContext, effects: Effects): Loop {
  const underWay = new Set<Promise<void>>()
  const loop = startLoop(context.log, 'outbox relay', POLL_MS, async () => {
    const free = SLOTS - underWay.size
    if (free === 0) return false
    const rows = await claimOutbox(context.database, free)
    for (const row of rows) {
      const sending: Promise<void> = relay(context, effects, row).finally(() => {
        underWay.delete(sending)
        loop.nudge() // the next row of its stream may go
      })
      underWay.add(sending)
    }
    return rows.length > 0
  })
  return {
    nudge: loop.nudge,
    async stop() {
      await loop.stop()
      await Promise.all(underWay)
    },
  }
}

/** Never rejects: a row whose end cannot be written stays "sending", and is taken over once its sender counts as dead. */
async function relay(context: ChangesContext, effects: Effects, row: Claimed): Promise<void> {
  const log = context.log.child({ changeRequest: row.changeRequest, outbox: row.id, kind: row.kind })
  try {
    await effects[row.kind](row)
    await markSent(context.database.manager, row.id)
  } catch (error) {
    await putBack(context, row, error, log).catch(() => log.error('outbox row left as sending'))
  }
}

async function putBack(
  context: ChangesContext,
  row: Claimed,
  error: unknown,
  log: ChangesContext['log'],
): Promise<void> {
  const sql = context.database.manager
  const because = error instanceof Error ? `${error.name}: ${reasonOf(error)}` : 'unknown'
  if (error instanceof Undeliverable || (row.attempts >= MAX_ATTEMPTS && !(error instanceof RetryLater))) {
    log.error({ because }, 'outbox row given up')
    return giveUp(sql, row.id, because)
  }
  const longest = row.kind === 'hint' ? MAX_HINT_DELAY_MS : MAX_DELAY_MS
  const delay = error instanceof RetryLater ? error.delay : Math.min(500 * 2 ** Math.min(row.attempts, 12), longest)
  log.warn({ because, delay }, 'outbox row postponed')
  await postpone(sql, row.id, delay, because)
}

/** Slack's error codes say what happened and hold nothing personal; other messages are not kept. */
function reasonOf(error: Error): string {
  const { data, code } = error as { data?: { error?: string }; code?: string }
  return data?.error ?? code ?? (error instanceof Undeliverable || error instanceof RetryLater ? error.message : '')
}
