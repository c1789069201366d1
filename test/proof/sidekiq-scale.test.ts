import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveSidekiqScale } from './sidekiq-scale.ts'

// What `npm run proof` does in large, in small.

let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('a full Sidekiq is mirrored whole, and a sweep that finds nothing new writes nothing', async () => {
  const scale = { dead: 300, scheduled: 300, queued: 1_500, say: () => {} }
  const { kept, problems } = await proveSidekiqScale({ ...scratch, redisUrl: redisDatabase(7) }, scale)
  expect(kept).toEqual({ dead: 300, queue: 1_500, schedule: 300 })
  expect(problems.filter((problem) => !problem.includes('kept Redis'))).toEqual([])
})
