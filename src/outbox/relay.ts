import { during, type World } from '../world.ts'
import { OUTBOX_KINDS, type OutboxKind, SLACK_KINDS } from './add.ts'
import { type Claimed, claimOutbox, demandHeld } from './claim.ts'
import { giveUp, leaveToOperator, postponeRow } from './held.ts'
import { RetryLater, TakenOver, Undeliverable } from './not-sent.ts'

/** How each kind of outbox row is carried out. Each is idempotent by the row's id. */
export type Effects = Readonly<Record<OutboxKind, (row: Claimed) => Promise<void>>>

/** Whoever posts to Slack or to Trello asks at the last moment whether the row is still held; a hint does no harm twice. */
const NEEDS_NO_HOLD: ReadonlySet<OutboxKind> = new Set([...SLACK_KINDS, 'trello', 'hint'])

/** Who receives a row: our workers, Slack, or another system. */
type Receiver = 'workers' | 'slack' | 'elsewhere'
/** Rows under way at once. Each receiver has its own, so that one that does not answer holds up no other. */
const AT_ONCE: Readonly<Record<Receiver, number>> = { workers: 8, slack: 16, elsewhere: 8 }
/** Delays grow with the time for which a row has failed, so that none is much longer than the trouble was. */
const SHORTEST_DELAY_MS = 500
const SHARE_OF_TROUBLE = 1 / 4
const LONGEST_DELAY_MS = 5 * 60_000
/** A hint is tried again this soon: somebody waits for their approved change. */
const LONGEST_HINT_DELAY_MS = 5_000
/** A row that failed for so long waits for an operator; not what wakes our workers, for whom the queue alone may be away. */
const LEFT_AFTER_MS = 24 * 60 * 60_000

/**
 * Sends outbox rows. `sendDue` starts to send rows that are due, as many as may be under way at once, and returns
 * whether there were any. `freed` is called after each row, since the next row of its stream can be sent then.
 * `settled` waits for the rows that are under way.
 * @param isOpen whether rows of this kind can be sent at all at the moment; those that cannot are left alone
 */
export function createRelay(world: World, effects: Effects, isOpen: (kind: OutboxKind) => boolean = () => true) {
  const underWay = new Map<Promise<void>, Receiver>()
  const roomFor = (kind: OutboxKind) => {
    const receiver = receiverOf(kind)
    return AT_ONCE[receiver] - [...underWay.values()].filter((one) => one === receiver).length
  }
  return {
    async sendDue(freed: () => void): Promise<boolean> {
      const sendable = OUTBOX_KINDS.filter(
        (kind) => isOpen(kind) && roomFor(kind) > 0 && (SLACK_KINDS.has(kind) || world.mode !== 'preview-only'),
      )
      if (sendable.length === 0) return false
      const rows = await claimOutbox(world.database, Math.min(...sendable.map(roomFor)), sendable)
      for (const row of rows) {
        const sending = during(world, `outbox:${row.id}`, () => relay(world, effects, row)).finally(() => {
          underWay.delete(sending)
          freed()
        })
        underWay.set(sending, receiverOf(row.kind))
      }
      return rows.length > 0
    },
    async settled(): Promise<void> {
      await Promise.all(underWay.keys())
    },
  }
}

function receiverOf(kind: OutboxKind): Receiver {
  if (SLACK_KINDS.has(kind)) return 'slack'
  return kind === 'hint' || kind === 'job' ? 'workers' : 'elsewhere'
}

/**
 * Sends one row. Never rejects: if what became of it cannot be written, the row stays "sending" until its sender counts
 * as dead, and is then taken over.
 */
async function relay(world: World, effects: Effects, row: Claimed): Promise<void> {
  const log = world.log.child({ changeRequest: row.changeRequest, outbox: row.id, kind: row.kind })
  try {
    if (!NEEDS_NO_HOLD.has(row.kind)) await demandHeld(row)
    await effects[row.kind](row)
    await row.markSent()
  } catch (error) {
    if (error instanceof TakenOver) return log.warn('outbox row left to another sender')
    await putBack(world, row, error, log).catch(() => log.error('outbox row left as sending'))
  }
}

async function putBack(world: World, row: Claimed, error: unknown, log: World['log']): Promise<void> {
  const sql = world.database.manager
  const because = error instanceof Error ? `${error.name}: ${reasonOf(error)}` : 'unknown'
  if (error instanceof Undeliverable) {
    log.error({ because }, 'outbox row given up')
    return giveUp(sql, row, because)
  }
  const { delay = null, postponement = {} } = error instanceof RetryLater ? error : {}
  const failedForMs = row.failingSince ? world.now().getTime() - row.failingSince.getTime() : 0
  const isEndless = postponement.isEndless || receiverOf(row.kind) === 'workers'
  if (failedForMs >= LEFT_AFTER_MS && !postponement.isBlameless && !isEndless) {
    log.error({ because }, 'outbox row waits for an operator')
    await leaveToOperator(sql, row, because, postponement)
    return world.report(leftToOperator(row.kind, because), { kind: row.kind })
  }
  const longest = row.kind === 'hint' ? LONGEST_HINT_DELAY_MS : (postponement.longest ?? LONGEST_DELAY_MS)
  const growing = Math.min(Math.max(failedForMs * SHARE_OF_TROUBLE, SHORTEST_DELAY_MS), longest)
  log[postponement.isBlameless ? 'debug' : 'warn']({ because, delay: delay ?? growing }, 'outbox row postponed')
  await postponeRow(sql, row, delay ?? growing, because, postponement)
}

function leftToOperator(kind: OutboxKind, because: string): string {
  const but = kind === 'sidekiq' ? ', which gives Sidekiq no registration or poll that people know as not given' : ''
  return `What was to be sent (${kind}) has failed for a day, and waits for bin/chatops outbox retry${but} (${because})`
}

/** Of an error, only Slack's code is kept: it says what happened and holds nothing personal. */
function reasonOf(error: Error): string {
  if (error instanceof Undeliverable || error instanceof RetryLater) return error.message
  const { data, code } = error as { data?: { error?: string }; code?: string }
  return data?.error ?? code ?? ''
}
