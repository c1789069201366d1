import type { EntityManager } from 'typeorm'
import { Mirror } from '../../entities/chatops/mirrored-job.ts'

// How old what we know of Register's Sidekiq is. It is read anew about every 15 seconds.

const TOO_OLD_MS = 3 * 60_000

/** `readAt` is null before the first sweep. */
export type MirrorAge = Pick<Mirror, 'readAt' | 'deadBefore' | 'strange' | 'processes'> & {
  /** What it says could not be checked. */
  isTooOld: boolean
}

export async function findMirrorAge(sql: EntityManager, now: Date): Promise<MirrorAge> {
  const { readAt, deadBefore, strange, processes } = await sql.findOneByOrFail(Mirror, { id: true })
  return {
    readAt,
    deadBefore,
    strange,
    processes,
    isTooOld: readAt === null || now.getTime() > readAt.getTime() + TOO_OLD_MS,
  }
}
