import { Mirror } from '../../entities/chatops/mirrored-job.ts'
import { NOT_GIVEN, NOT_READ } from '../../failures/register-words.ts'
import { noteUnknown } from '../../registration/unknown-in-sidekiq.ts'
import type { World } from '../../world.ts'
import { NOT_GIVEN_SQL } from './asked.ts'
import { unlessMoved } from './moved-tables.ts'

// Register's Sidekiq is not beside the bot any more: nobody would hear how its jobs go on, so none may stand as live. If
// it is read again one day, what is there then is found anew.

/** A mirror that was begun anew within this time is kept by another process, whose settings are others. */
const LEFT_AFTER_MS = 5 * 60_000

/** Whether nobody reads Register's Sidekiq any more. */
export async function isMirrorLeft({ database, now }: Pick<World, 'database' | 'now'>): Promise<boolean> {
  const { begunAt } = await database.manager.findOneByOrFail(Mirror, { id: true })
  return begunAt === null || begunAt.getTime() + LEFT_AFTER_MS <= now().getTime()
}

/**
 * Ends what is in the mirror. Returns how many rows were ended, or put on record. Each round looks for registrations to put
 * on record: the round that ended them may not have come so far.
 */
export async function endMirror(world: World): Promise<number> {
  const { manager } = world.database
  const [, ended] = (await manager.query(END, [world.now(), NOT_READ, NOT_GIVEN])) as [unknown, number]
  return ended + (await unlessMoved(world, 0, () => noteUnknown(manager, world.now())))
}

/** Forgets that Sidekiq was ever read: what is dead when it is read again is nobody's news, and it may be another one. */
export async function forgetReading({ database }: Pick<World, 'database'>): Promise<void> {
  await database.query('UPDATE chatops.mirror SET read_at = NULL, is_newer = false WHERE read_at IS NOT NULL')
}

// What had failed stays so. What no attempt has brought into Redis has not run. A registration may have been sent, or may be
// still: people settle it. Requests hear of their jobs.
const END = `
  UPDATE chatops.mirrored_jobs job SET place = 'gone', missing_since = NULL, finished_at = coalesce(finished_at, $1),
    failure = coalesce(failure, jsonb_build_object('at', $1::timestamptz, 'by', 'register') || CASE
      WHEN ${NOT_GIVEN_SQL} THEN jsonb_build_object('code', 'not-given', 'words', $3::text)
      WHEN name = 'register-for-trn' THEN jsonb_build_object('code', 'outcome-unknown', 'words', $2::text)
      ELSE jsonb_build_object('code', 'vanished', 'words', $2::text) END),
    cured_at = CASE WHEN failure IS NULL AND name <> 'register-for-trn' THEN $1::timestamptz ELSE cured_at END,
    told = CASE WHEN failure IS NULL THEN name <> 'register-for-trn' AND change_request_id IS NULL ELSE told END
  WHERE place <> 'gone'`
