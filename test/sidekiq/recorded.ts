import type { Redis } from 'ioredis'
import recorded from '../fixtures/sidekiq.json' with { type: 'json' }

// What Register's own job classes left in a real Sidekiq, put into a Redis as Sidekiq would.

export { recorded }

export const IDENTITY = recorded.process.info.identity

/** A member as Sidekiq writes it: what was no JSON stays as it was. */
export const memberOf = (job: unknown): string => (typeof job === 'string' ? job : JSON.stringify(job))

/** Puts everything recorded into a Redis, the living process and what it runs included. */
export async function putRecorded(redis: Redis): Promise<void> {
  for (const job of recorded.queued) {
    await redis.sadd('queues', job.queue)
    await redis.lpush(`queue:${job.queue}`, memberOf(job))
  }
  for (const [set, members] of [
    ['schedule', recorded.scheduled],
    ['retry', recorded.retry],
    ['dead', recorded.dead],
  ] as const) {
    for (const { score, job } of members) await redis.zadd(set, score, memberOf(job))
  }
  await putProcess(redis, IDENTITY)
  for (const [thread, work] of Object.entries(recorded.workers)) {
    await redis.hset(`${IDENTITY}:workers`, thread, JSON.stringify(work))
  }
}

/** Makes a process as alive as Sidekiq 6 does; `more` adds to what it says of itself. */
export async function putProcess(redis: Redis, identity: string, more: object = {}): Promise<void> {
  const { info, beat, rtt_us, quiet, busy, rss } = recorded.process
  await redis.sadd('processes', identity)
  const said = JSON.stringify({ ...info, identity, ...more })
  await redis.hset(identity, { info: said, beat, rtt_us, quiet: String(quiet), busy, rss })
}
