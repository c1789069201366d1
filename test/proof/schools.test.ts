import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { proveSchools } from './schools.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: these queues have databases of their own.
const queue = (index: number) => inject('redisUrl').replace(/\d+$/, String(index))

let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('schools are what DTTP says although DTTP fails, workers die and the queue is lost', {
  timeout: 120_000,
}, async () => {
  const nextQueues = [queue(9), queue(10)]
  const options = { accounts: 16_000, measured: false, nextQueues, say: () => {} }
  const { problems } = await proveSchools({ ...scratch, redisUrl: queue(8) }, options)
  expect(problems).toEqual([])
})
