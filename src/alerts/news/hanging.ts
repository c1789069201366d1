import { In } from 'typeorm'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { HANGS } from '../../failures/register-words.ts'
import type { World } from '../../world.ts'
import { forgetDismissal, noteFailure } from './job-ends.ts'

// Registrations that Register's Sidekiq has been running for much longer than one takes. A restart of Sidekiq would run
// such a one a second time, so people hear of it while it runs.

/** Reports each once for each of its runs, whatever was posted of it before. Returns how many are new. */
export async function findHanging(world: World): Promise<number> {
  const { database, now } = world
  const before = new Date(now().getTime() - HANGS_AFTER_MS)
  const found = await database.query<{ id: string }[]>(HANGING, [before, HANGS, MOST])
  const hanging = await database.manager.findBy(MirroredJob, { id: In(found.map(({ id }) => id)) })
  const failure = { code: 'outcome-unknown', words: HANGS, at: now().toISOString(), by: 'register' } as const
  for (const job of hanging) {
    await retryConflicts(() =>
      database.transaction(async (sql) => {
        await forgetDismissal(sql, job.id)
        await noteFailure(sql, world, job, failure)
      }),
    )
  }
  return hanging.length
}

/** A registration takes seconds. */
const HANGS_AFTER_MS = 15 * 60_000
const MOST = 200

const HANGING = `
  SELECT id FROM chatops.mirrored_jobs job
  WHERE name = 'register-for-trn' AND place = 'running' AND due_at < $1
    AND NOT EXISTS (
      SELECT FROM chatops.alert_entries entry WHERE entry.job_id = job.id AND entry.failure ->> 'words' = $2
        AND (entry.settled_at IS NULL OR (entry.failure ->> 'at')::timestamptz >= job.due_at))
  LIMIT $3`
