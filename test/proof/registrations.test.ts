import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { sampleOf } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveRegistrations } from './registrations.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: this queue has a database of its own.
let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('a worker killed while it registers trainees registers nobody twice, and loses nobody', async () => {
  const redisUrl = redisDatabase(0)
  const points = sampleOf(['in flight, and carried out', 'kept'] as const, 1)
  const { problems, killed } = await proveRegistrations({ redis: { ...scratch, redisUrl } }, points, { say: () => {} })
  expect({ problems, killed }).toEqual({ problems: [], killed: points.length })
})
