import type { EntityManager } from 'typeorm'
import { formatDateTime } from '../../calendar/london.ts'
import type { Around } from '../../contract/playbook.ts'
import { Mirror } from '../../entities/chatops/mirrored-job.ts'
import type { SeenJob } from '../../entities/chatops/seen-job.ts'
import type { World } from '../../world.ts'

// How old what we know of Register's Sidekiq is. It is read anew about every 15 seconds.

const TOO_OLD_MS = 3 * 60_000

/** How often a worker looks whether it is time to read it anew. */
export const READ_EVERY_MS = 15_000
/** So many times as long as a sweep took, nothing is read; but not for longer than this. */
const PAUSES = 3
const LONGEST_PAUSE_MS = 60_000

/**
 * Whether it is time to read it anew. After a long sweep it is left alone for longer, by all workers, yet never for so long
 * that it is too old before the next sweep, which may take as long, has ended.
 */
export async function isReadingDue({ database, now }: Pick<World, 'database' | 'now'>): Promise<boolean> {
  const { readAt, readTo } = await database.manager.findOneByOrFail(Mirror, { id: true })
  if (readAt === null || readTo === null) return true
  const took = Math.max(0, readTo.getTime() - readAt.getTime())
  const longest = Math.min(LONGEST_PAUSE_MS, TOO_OLD_MS - 2 * READ_EVERY_MS - 2 * took)
  return now().getTime() >= readTo.getTime() + Math.min(PAUSES * took, longest)
}

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

/** Whether Register's Sidekiq was one that the bot must not write to, when it was last seen to run anything. */
export async function wasSidekiqNewer(sql: EntityManager): Promise<boolean> {
  return sql.existsBy(Mirror, { id: true, isNewer: true })
}

/** The same for a playbook; null where our own workers run Register's jobs. */
export async function findMirror(
  sql: EntityManager,
  { isMirrored, now }: Pick<Around, 'isMirrored' | 'now'>,
): Promise<MirrorAge | null> {
  return isMirrored ? findMirrorAge(sql, now) : null
}

/** What operators are told while nobody reads Register's Sidekiq; null while it is read. */
export async function findUnread({ database, upstreams, now }: World): Promise<string | null> {
  if (!upstreams.sidekiq) return null
  return (await findMirrorAge(database.manager, now())).isTooOld ? UNREAD : null
}

const UNREAD =
  'Register’s Sidekiq could not be read for minutes. What happens to its jobs is not posted, and what starts jobs waits. ' +
  'Check the way to Register’s Redis and the rights of the bot’s user there'

/** What is said of a job whose result was looked at, if what we know of it is too old; null if it is not, or it is over. */
export async function findTooOld(
  sql: EntityManager,
  { runner, place }: Pick<SeenJob, 'runner' | 'place'>,
): Promise<string | null> {
  if (runner === 'bot' || place === 'gone') return null
  const [clock] = await sql.query<{ now: Date }[]>('SELECT now()')
  const age = await findMirrorAge(sql, clock?.now ?? new Date())
  return age.isTooOld ? notChecked(age) : null
}

/** What a check says that rests on a mirror which is too old. */
export function notChecked({ readAt }: MirrorAge): string {
  const since = readAt === null ? 'yet' : `since ${formatDateTime(readAt)}`
  return `Register’s Sidekiq could not be checked ${since}. Try again when it answers.`
}
