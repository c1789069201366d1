// A real Sidekiq with Register's jobs, on two databases of the run's Redis. It needs Ruby.
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest'
import { type RunningSidekiq, type SidekiqOptions, startSidekiq } from '../../sandbox/sidekiq/index.ts'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import type { RegisterJob } from '../../src/sidekiq/job.ts'
import { redisDatabase } from './redis-database.ts'

export type BesideSidekiq = {
  url: string
  /** Sidekiq's own database. */
  redis: Redis
  client: SidekiqClient
  /** The Sidekiq of this group of tests. */
  sidekiq: RunningSidekiq
  /** Another one with the same database; ended after the test. */
  startAnother: (options?: Partial<SidekiqOptions>) => Promise<RunningSidekiq>
  /** Every job that waits, failed or died. */
  readAll: () => Promise<RegisterJob[]>
}

/**
 * Tests beside a Sidekiq that lives for all of them; each begins with nothing in any queue or set. `first` is one of the
 * databases that test/support/redis-database.ts has; the next one is taken, too. Where there is no Ruby they are
 * skipped, and their name says why.
 */
export function describeBesideSidekiq(name: string, first: number, tests: (use: BesideSidekiq) => void): void {
  const why = inject('noSidekiq')
  describe.skipIf(why)(why ? `${name} (skipped: ${why})` : name, () => {
    const use = {} as BesideSidekiq
    const others: RunningSidekiq[] = []
    beforeAll(async () => {
      const [url, notesUrl] = [redisDatabase(first), redisDatabase(first + 1)]
      const options = { redisUrl: url, notesUrl, graceSeconds: 3 }
      const redis = new Redis(url)
      await redis.flushdb()
      await empty(notesUrl)
      const client = createSidekiqClient({ url }, { warn: () => {} })
      Object.assign(use, {
        ...{ url, redis, client, sidekiq: await startSidekiq(options) },
        readAll: () => readAll(client),
        async startAnother(more = {}) {
          const another = await startSidekiq({ ...options, ...more })
          others.push(another)
          return another
        },
      } satisfies BesideSidekiq)
    })
    beforeEach(async () => {
      await use.redis.unlink('queues', 'queue:default', 'queue:dttp', 'queue:mailers', 'schedule', 'retry', 'dead')
    })
    afterEach(async () => {
      await Promise.all(others.splice(0).map((other) => other.stop()))
    })
    afterAll(async () => {
      const { sidekiq, client, redis } = use
      await sidekiq?.stop()
      client?.close()
      redis?.disconnect()
    })
    tests(use)
  })
}

async function empty(url: string): Promise<void> {
  const redis = new Redis(url)
  await redis.flushdb()
  redis.disconnect()
}

async function readAll(client: SidekiqClient): Promise<RegisterJob[]> {
  const all: RegisterJob[] = []
  for await (const { jobs } of client.readWaiting()) all.push(...jobs)
  return all
}
