import { VANISHED } from '../../failures/register-words.ts'
import type { World } from '../../world.ts'

/**
 * Ends what is in the mirror, where Register's Sidekiq is not beside the bot any more: nobody would hear how its jobs go
 * on. If it is read again one day, what is there then is found anew. Returns how many rows were ended.
 */
export async function endMirror({ database, now }: World): Promise<number> {
  const failure = { code: 'vanished', words: VANISHED, at: now().toISOString(), by: 'register' }
  await database.query('UPDATE chatops.mirror SET read_at = NULL WHERE read_at IS NOT NULL')
  const [, ended] = (await database.query(END, [now(), failure])) as [unknown, number]
  return ended
}

// What is known of a dead registration that has to be settled stays.
const END = `
  UPDATE chatops.mirrored_jobs SET place = 'gone', missing_since = NULL, finished_at = $1, told = true,
    failure = CASE WHEN failure ->> 'code' = 'outcome-unknown' THEN failure ELSE $2::jsonb END,
    cured_at = CASE WHEN failure ->> 'code' = 'outcome-unknown' THEN cured_at ELSE $1 END
  WHERE place <> 'gone'`
