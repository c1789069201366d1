import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveSchools } from './schools.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: these queues have databases of their own.

let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('schools are what DTTP says although DTTP fails, workers die and the queue is lost', async () => {
  const nextQueues = [redisDatabase(9), redisDatabase(10)]
  const options = { accounts: 16_000, measured: false, nextQueues, say: () => {} }
  const { problems } = await proveSchools({ ...scratch, redisUrl: redisDatabase(8) }, options)
  expect(problems).toEqual([])
})
