import type { EntityManager } from 'typeorm'
import { Brake } from '../entities/chatops/brake.ts'
import { selectRow } from '../entities/select-rows.ts'
import type { World } from '../world.ts'

// The brake is one row. Whoever is about to carry something out, or to send something to DTTP or a queue, reads it there
// and then: nothing that was decided before the pause goes on after it.

/** Since when the bot does nothing, who stopped it, and why. */
export type Pause = { at: Date; by: string; reason: string; resumeAskedBy: string | null }

/** The bot is paused: what was to be done waits, and counts neither as done nor as failed. */
export class Paused extends Error {
  constructor() {
    super('the bot is paused')
    this.name = 'Paused'
  }
}

/** How long a job waits before it looks at the brake again. */
export const LOOK_AGAIN_MS = 15_000

/** The pause, or null if the bot is not paused. */
export async function findPause(sql: EntityManager): Promise<Pause | null> {
  return pauseOf(await readBrake(sql))
}

/** Whether this process carries anything out: it may be set to previews only, and the bot may be paused. */
export async function mayAct(world: Pick<World, 'database' | 'mode'>): Promise<boolean> {
  return world.mode !== 'preview-only' && (await findPause(world.database.manager)) === null
}

/**
 * Throws Paused, unless the bot may act. It cannot be paused before the transaction is over: whoever pauses it waits for
 * what is under way.
 */
export async function holdBrakeOff(world: World, sql: EntityManager): Promise<void> {
  if (world.mode === 'preview-only') throw new Paused()
  const brake = await readBrake(sql, 'FOR SHARE')
  if (brake.pausedAt) throw new Paused()
}

async function readBrake(sql: EntityManager, lock: '' | 'FOR SHARE' = ''): Promise<Brake> {
  const brake = await selectRow(sql, Brake, lock, [])
  if (!brake) throw new Error('chatops.brake is empty: run the migrations')
  return brake
}

/** For how many milliseconds the bot has been paused since then; the ledger knows. */
export async function pausedSince(sql: EntityManager, since: Date): Promise<number> {
  const [row] = await sql.query<{ ms: string | null }[]>(PAUSED_SINCE, [since])
  return Number(row?.ms ?? 0)
}

/** Each pause ends with what follows it, and the last one has not ended yet. A pause during a pause changes nothing. */
const PAUSED_SINCE = `
  SELECT sum(extract(epoch FROM ends - greatest(at, $1::timestamptz)) * 1000) AS ms
  FROM (
    SELECT event, at, coalesce(lead(at) OVER (ORDER BY seq), now()) AS ends
    FROM chatops.ledger WHERE event IN ('paused', 'resumed')
  ) pause
  WHERE event = 'paused' AND ends > $1::timestamptz`

export function pauseOf({ pausedAt, pausedBy, reason, resumeAskedBy }: Brake): Pause | null {
  if (!pausedAt) return null
  return { at: pausedAt, by: pausedBy ?? '', reason: reason ?? '', resumeAskedBy }
}
