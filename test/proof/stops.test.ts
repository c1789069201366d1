import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { extent } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveStops } from './stops.ts'

// What `npm run proof` does in large, in small.
let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('a worker that is stopped in any job or message, and woken once it is done, does nothing twice and undoes nothing', async () => {
  const queues = { redis: { ...scratch, redisUrl: redisDatabase(0) } }
  const { problems } = await proveStops(queues, { times: 1, only: extent === 'sample' ? 1 : 2, say: () => {} })
  expect(problems).toEqual([])
})
