import type { World } from '../world.ts'
import {
  type Claimed,
  claimOutbox,
  giveUp,
  markSent,
  type OutboxKind,
  postponeRow,
  RetryLater,
  Undeliverable,
} from './outbox.ts'

/** How each kind of outbox row is carried out. Each is idempotent by the row's id. */
export type Effects = Readonly<Record<OutboxKind, (row: Claimed) => Promise<void>>>

/** Rows under way at once: one slow receiver must not hold up the others. */
const SLOTS = 20
const MAX_DELAY_MS = 5 * 60_000
/** A hint is tried again this soon: somebody waits for their approved change. */
const MAX_HINT_DELAY_MS = 5_000
/**
 * So many attempts take about a day, with pauses of five minutes. After that, nobody waits for the message any more.
 * Attempts after which the receiver asked us to wait do not count.
 */
const MAX_ATTEMPTS = 300

/**
 * Sends outbox rows. `sendDue` starts to send rows that are due, as many as may be under way at once, and returns
 * whether there were any. `freed` is called after each row, since the next row of its stream can be sent then.
 * `settled` waits for the rows that are under way.
 */
export function createRelay(world: World, effects: Effects) {
  const underWay = new Set<Promise<void>>()
  return {
    async sendDue(freed: () => void): Promise<boolean> {
      const room = SLOTS - underWay.size
      if (room === 0) return false
      const rows = await claimOutbox(world.database, room)
      for (const row of rows) {
        const sending: Promise<void> = relay(world, effects, row).finally(() => {
          underWay.delete(sending)
          freed()
        })
        underWay.add(sending)
      }
      return rows.length > 0
    },
    async settled(): Promise<void> {
      await Promise.all(underWay)
    },
  }
}

/**
 * Sends one row. Never rejects: if what became of it cannot be written, the row stays "sending" until its sender counts
 * as dead, and is then taken over.
 */
async function relay(world: World, effects: Effects, row: Claimed): Promise<void> {
  const log = world.log.child({ changeRequest: row.changeRequest, outbox: row.id, kind: row.kind })
  try {
    await effects[row.kind](row)
    await markSent(world.database.manager, row.id)
  } catch (error) {
    await putBack(world, row, error, log).catch(() => log.error('outbox row left as sending'))
  }
}

async function putBack(world: World, row: Claimed, error: unknown, log: World['log']): Promise<void> {
  const sql = world.database.manager
  const because = error instanceof Error ? `${error.name}: ${reasonOf(error)}` : 'unknown'
  if (error instanceof Undeliverable || (row.attempts >= MAX_ATTEMPTS && !(error instanceof RetryLater))) {
    log.error({ because }, 'outbox row given up')
    return giveUp(sql, row.id, because)
  }
  const longest = row.kind === 'hint' ? MAX_HINT_DELAY_MS : MAX_DELAY_MS
  const delay = error instanceof RetryLater ? error.delay : Math.min(500 * 2 ** Math.min(row.attempts, 12), longest)
  log.warn({ because, delay }, 'outbox row postponed')
  await postponeRow(sql, row.id, delay, because)
}

/** Of an error, only Slack's code is kept: it says what happened and holds nothing personal. */
function reasonOf(error: Error): string {
  const { data, code } = error as { data?: { error?: string }; code?: string }
  return data?.error ?? code ?? (error instanceof Undeliverable || error instanceof RetryLater ? error.message : '')
}
