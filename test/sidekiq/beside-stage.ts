// A stage beside Register's Sidekiq: a real Redis in which one process of it seems to be alive, and our relay.

import { Redis } from 'ioredis'
import { afterAll, beforeEach } from 'vitest'
import { writeToSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { OUTBOX_KINDS, type OutboxKind } from '../../src/outbox/add.ts'
import { createRelay, type Effects } from '../../src/outbox/relay.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import type { RegisterJob } from '../../src/sidekiq/job.ts'
import type { World } from '../../src/world.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { IDENTITY, memberOf, putProcess, recorded } from './recorded.ts'

const BEATS_EVERY_MS = 50

export function useRegistersRedis(index: number) {
  const url = redisDatabase(index)
  const redis = new Redis(url)
  const sidekiq = createSidekiqClient({ url }, { warn: () => {} })
  let beat = 0
  const heart = setInterval(() => {
    beat += 1
    void redis.hset(IDENTITY, 'beat', 1_795_850_000 + beat).catch(() => {})
  }, BEATS_EVERY_MS)
  beforeEach(async () => {
    await redis.flushdb()
    await putProcess(redis, IDENTITY)
  })
  afterAll(() => {
    clearInterval(heart)
    sidekiq.close()
    redis.disconnect()
  })

  const readAll = async (): Promise<RegisterJob[]> => {
    const all: RegisterJob[] = []
    for await (const { jobs } of sidekiq.readWaiting()) all.push(...jobs)
    return all
  }
  type At = 'queue' | 'schedule' | 'retry' | 'dead' | 'running'
  const put = async (wrapped: string, place: At, trainee: number): Promise<string> => {
    const job = recorded.queued.find((one) => one.wrapped === wrapped)
    const member = memberOf(job).replace('/5901', `/${trainee}`)
    if (place === 'queue') await redis.lpush('queue:default', member)
    else if (place === 'running') {
      const work = JSON.stringify({ queue: 'default', payload: member, run_at: 1_795_850_021 })
      await redis.hset(`${IDENTITY}:workers`, 'e1', work)
    } else await redis.zadd(place, 1_795_452_175.5, member)
    return member
  }
  return {
    url,
    redis,
    sidekiq,
    readAll,
    /** A registration of Register's own for this trainee, as Sidekiq would have it there. */
    putRegistration: (place: At, trainee = 5901) => put('Dttp::RegisterForTrnJob', place, trainee),
    putPoll: (place: At, trainee = 5901) => put('Dttp::RetrieveTrnJob', place, trainee),
    relay: relayToSidekiq,
  }
}

/** Sends what is due for Sidekiq, until there is nothing. */
export async function relayToSidekiq(world: World): Promise<void> {
  const none = async () => {}
  const effects = {
    ...(Object.fromEntries(OUTBOX_KINDS.map((kind) => [kind, none])) as Record<OutboxKind, typeof none>),
    sidekiq: (row) => writeToSidekiq(world, row),
  } satisfies Effects as Effects
  const relay = createRelay(world, effects, (kind) => kind === 'sidekiq')
  while (await relay.sendDue(() => {})) await relay.settled()
  await relay.settled()
}
