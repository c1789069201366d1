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
/** Someone waits for an approved change; asking the queue again costs nothing. */
const MAX_HINT_DELAY_MS = 5_000
/** After about a day of five-minute delays nobody is waiting for the message any more; being asked to wait does not count. */
const MAX_ATTEMPTS = 300

/**
 * Sends outbox rows. `sendDue` begins with those that are due and for which there is room, and answers whether there were
 * any; `freed` is called after each, as the next row of its stream may go. `settled` waits for what is under way.
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

/** Never rejects: a row whose end cannot be written stays "sending", and is taken over once its sender counts as dead. */
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

/** Slack's error codes say what happened and hold nothing personal; other messages are not kept. */
function reasonOf(error: Error): string {
  const { data, code } = error as { data?: { error?: string }; code?: string }
  return data?.error ?? code ?? (error instanceof Undeliverable || error instanceof RetryLater ? error.message : '')
}
