import type { Redis } from 'ioredis'
import type { JobPage, Place, RegisterJob } from './job.ts'
import { isStrange, queueName, readMember } from './member.ts'

// Reads queues and sets in steps that are short for Redis, however much is in them. While one is read, Sidekiq moves
// its members: each that stays where it is meanwhile is found at least once.

/** Members that Redis gives at once: a millisecond's work for it. */
const AT_ONCE = 200
/** A queue is read again from so many places before, so that jobs deleted from its middle hide no others. */
const OVERLAP = 20

/** Only members that this lets through are parsed. */
type Wanted = (member: Buffer) => boolean

const EVERY: Wanted = () => true

/** Reads a set by Redis's own cursor, which misses nothing that stays. */
export async function* readSet(
  redis: Redis,
  place: 'schedule' | 'retry' | 'dead',
  wanted: Wanted = EVERY,
): AsyncGenerator<JobPage> {
  let cursor = '0'
  do {
    const [next, found] = await redis.zscanBuffer(place, cursor, 'COUNT', AT_ONCE)
    cursor = next.toString()
    const pairs = Array.from({ length: found.length / 2 }, (_, index) => [found[2 * index], found[2 * index + 1]])
    yield jobPageOf(
      place,
      pairs.flatMap(([member, score]) => (member && score && wanted(member) ? [{ member, score }] : [])),
      ({ member, score }) => readMember(member, { place, queue: null, score: score.toString() }),
    )
  } while (cursor !== '0')
}

/** Reads a queue from its newest job on: what is pushed meanwhile moves the others to where they are read again. */
async function* readQueue(redis: Redis, queue: string, wanted: Wanted): AsyncGenerator<JobPage> {
  for (let start = 0; ; start += AT_ONCE - OVERLAP) {
    const members = await redis.lrangeBuffer(`queue:${queue}`, start, start + AT_ONCE - 1)
    yield jobPageOf('queue', members.filter(wanted), (member) =>
      readMember(member, { place: 'queue', queue, score: null }),
    )
    if (members.length < AT_ONCE) return
  }
}

/** The queues that Register's Sidekiq serves, the first one first. */
const SERVED_QUEUES = ['default', 'dttp', 'mailers'] as const

/** Names that Redis may hold besides: more are a mistake, and are left alone. */
const MOST_QUEUES = 50

/** The served queues and whatever else was ever pushed to. */
async function findQueues(redis: Redis): Promise<string[]> {
  const names = new Set<string>(SERVED_QUEUES)
  for await (const found of scanNames(redis, 'queues')) {
    if (names.size < MOST_QUEUES && queueName.safeParse(found).data === found) names.add(found)
  }
  return [...names]
}

/** The members of a small set of names, step by step; it ends after a thousand. */
export async function* scanNames(redis: Redis, key: string): AsyncGenerator<string> {
  let cursor = '0'
  let seen = 0
  do {
    const [next, found] = await redis.sscan(key, cursor, 'COUNT', AT_ONCE)
    cursor = next
    seen += found.length
    yield* found
  } while (cursor !== '0' && seen < 1_000)
}

/**
 * Every set and queue, in the order in which jobs move on, so that one that moves is seen twice rather than never. What
 * runs is read afterwards: see `readProcesses`.
 */
export async function* readWaiting(redis: Redis, wanted: Wanted = EVERY): AsyncGenerator<JobPage> {
  yield* readSet(redis, 'dead', wanted)
  yield* readSet(redis, 'schedule', wanted)
  yield* readSet(redis, 'retry', wanted)
  for (const queue of await findQueues(redis)) yield* readQueue(redis, queue, wanted)
}

export function jobPageOf<T>(
  place: Place,
  found: readonly T[],
  read: (one: T) => ReturnType<typeof readMember>,
): JobPage {
  const members = found.map(read)
  const isJob = (member: (typeof members)[number]): member is RegisterJob => !isStrange(member)
  return { place, jobs: members.filter(isJob), strange: members.filter(isStrange) }
}
