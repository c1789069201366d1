// A worker with nothing to do leaves the database alone.
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createUnpolledSweep } from '../../src/alerts/sweeps.ts'
import { COMPARE_EVERY_MS, startDatabaseClock } from '../../src/entities/database-clock.ts'
import { findUnread } from '../../src/jobs/mirror/age.ts'
import { createRelay, type Effects } from '../../src/outbox/relay.ts'
import { createQueueBackend } from '../../src/queue/backend.ts'
import { openJobQueues } from '../../src/queue/job-queues.ts'
import { idlePause } from '../../src/queue/loop.ts'
import { RELAY_EVERY_MS } from '../../src/queue/relay-loop.ts'
import { sweepsOf, verificationOf } from '../../src/queue/sweeper.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import { countQueries } from '../bench/count-queries.ts'
import { scratchDatabase } from '../support/database.ts'
import { loadGias } from '../support/gias.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { redisDatabase } from '../support/redis-database.ts'

/** In the morning there is something to say. */
const EVENING = new Date('2026-11-28T20:00:00Z')
const RETENTION = 90 * 86_400_000
/** Statements a second, without BEGIN, COMMIT and SET. Reading Register's Sidekiq every 15 seconds is one of them. */
const AT_MOST = { own: 2, sidekiq: 4.2 }
const UNPOLLED = 'unpolled trainees'
/** As services.ts starts it. Its other two loops ask the database every five minutes, and every hour. */
const MIRROR_LOOK_MS = 60_000
const READS_REDIS = 'Register’s Sidekiq'

test.each(['own', 'sidekiq'] as const)('its loops together send few statements a second: %s', async (mode) => {
  const scratch = await scratchDatabase()
  await withClient(scratch.adminUrl, loadGias) // else that would be something to do
  const sidekiq = createSidekiqClient({ url: redisDatabase(13) }, { warn: () => {} })
  const lifecycle = await createLifecycle(scratch.appUrl, { now: () => EVENING })
  const world = mode === 'own' ? lifecycle : { ...lifecycle, upstreams: { ...lifecycle.upstreams, sidekiq } }
  const backend = createQueueBackend({ backend: 'redis', url: redisDatabase(12) }, world.log)
  const queues = openJobQueues(backend)
  const relay = createRelay(world, {} as Effects) // there is nothing to send
  const clock = async () => (await startDatabaseClock(world.database, pino({ level: 'silent' }))).stop()
  const loops = [
    ...[verificationOf(world), ...sweepsOf(world, queues, RETENTION)].map(({ name, every, round }) => ({
      // Its own round looks at nobody in a process's first ten minutes.
      ...{ name, pause: idlePause(every), round: name === UNPOLLED ? createUnpolledSweep(world) : round },
    })),
    { name: 'the age of the mirror', pause: MIRROR_LOOK_MS, round: () => findUnread(world) },
    { name: 'relay', pause: idlePause(RELAY_EVERY_MS), round: () => relay.sendDue(() => {}) },
    { name: 'clock', pause: COMPARE_EVERY_MS, round: clock },
  ]
  for (const { round } of loops) await round() // what is done once is done
  const counter = countQueries()
  try {
    const counted: Record<string, number> = {}
    for (const { name, pause, round } of loops) {
      const count = async () => {
        counter.reset()
        await round()
        return counter.read().statements
      }
      if (name === READS_REDIS)
        await expect.poll(count).toBeGreaterThan(0) // it leaves Redis alone for a while
      else await count()
      counted[name] = (counter.read().statements / pause) * 1_000
    }
    const inAll = Object.values(counted).reduce((sum, each) => sum + each, 0)
    expect(inAll, JSON.stringify(counted)).toBeLessThanOrEqual(AT_MOST[mode])
    expect(counted['relay']).toBeGreaterThan(0)
    expect(counted[UNPOLLED]).toBeGreaterThan(0)
    expect(READS_REDIS in counted).toBe(mode === 'sidekiq')
  } finally {
    counter.stop()
    sidekiq.close()
    await queues.close()
    await backend.close()
    await world.database.destroy()
    await scratch.drop()
  }
})
