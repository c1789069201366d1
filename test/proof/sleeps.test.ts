import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveSleeps } from './sleeps.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: this queue has a database of its own.
let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('a worker that sleeps just before it sends a registration, until it was asked for again, registers nobody twice', async () => {
  const redisUrl = redisDatabase(0)
  const points = [{ step: 'sending', meanwhile: 'given up, and asked for again' }] as const
  const proof = await proveSleeps({ redis: { ...scratch, redisUrl } }, points, { say: () => {} })
  expect(proof).toMatchObject({ problems: [], registrations: 1, refused: 1 })
})
