import { expect, test } from 'vitest'
import { findMirrorAge } from '../../src/jobs/mirror/age.ts'
import { sweepsOf } from '../../src/queue/sweeper.ts'
import type { SidekiqClient } from '../../src/sidekiq/index.ts'
import type { World } from '../../src/world.ts'
import { useMirror } from './mirror-story.ts'

// How long Register's Sidekiq is left alone between two sweeps.

const story = useMirror()
const TICK_MS = 15_000

/** A worker beside the others, whose sweeps take so long. */
function worker(tookMs: number): () => Promise<number> {
  const sidekiq = story.world.upstreams.sidekiq as SidekiqClient
  const slow: SidekiqClient = {
    ...sidekiq,
    readProcesses: async () => {
      story.clock.time += tookMs
      return sidekiq.readProcesses()
    },
  }
  const upstreams = { ...story.world.upstreams, sidekiq: slow } as World['upstreams']
  const sweeps = sweepsOf({ ...story.world, upstreams }, {} as never, 0)
  const sweep = sweeps.find(({ name }) => name === 'Register’s Sidekiq')
  if (!sweep) throw new Error('nobody sweeps')
  return sweep.round
}

const begun = async () =>
  (await story.admin.query('SELECT sweep::int FROM chatops.mirror')).rows.map(({ sweep }) => sweep)[0]

test.each([24, 45, 60, 70])('with sweeps of %s seconds the mirror is never too old', async (seconds) => {
  const round = worker(seconds * 1000)
  await round()
  for (let tick = 0; tick < 40; tick += 1) {
    story.clock.time += TICK_MS
    const before = story.clock.time
    await round()
    // While it was being read, what was known was the sweep before.
    if (story.clock.time > before) continue
    const { isTooOld } = await findMirrorAge(story.world.database.manager, new Date(story.clock.time))
    expect(isTooOld).toBe(false)
  }
  const { readAt } = await findMirrorAge(story.world.database.manager, new Date(story.clock.time))
  expect(story.clock.time - (readAt?.getTime() ?? 0)).toBeLessThan(180_000)
})

test('after a long sweep no other worker begins one at once', async () => {
  const [one, other] = [worker(20_000), worker(20_000)]
  await one()
  const sweeps = await begun()
  story.clock.time += TICK_MS
  await other()
  expect(await begun()).toBe(sweeps)
  story.clock.time += 60_000
  await other()
  expect(await begun()).toBe(sweeps + 1)
})
