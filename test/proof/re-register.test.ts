import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { sampleOf } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveReRegister } from './re-register.ts'
import { POINTS } from './re-register-points.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: this queue has a database of its own.
let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('trainees who are registered again while DTTP fails and workers die end with one record, and are never half-way', async () => {
  const redisUrl = redisDatabase(0)
  const names = ['the connection is lost after the batch', 'killed: job, noted', 'killed: request, committed']
  const points = sampleOf(
    POINTS.filter(({ name }) => names.includes(name)),
    2,
  )
  const { problems, registeredOnce, endedFirst } = await proveReRegister({ redis: { ...scratch, redisUrl } }, points, {
    say: () => {},
  })
  expect({ problems, registeredOnce }).toEqual({ problems: [], registeredOnce: points.length })
  expect(endedFirst).toEqual({ registered: points.length })
})
