import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { extent, sampleOf } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveApprovals } from './approvals.ts'
import { proveKills } from './kills.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: these queues have databases of their own.

let scratch: ScratchDatabase[]

beforeAll(async () => {
  scratch = await Promise.all([scratchDatabase(), scratchDatabase()])
})

afterAll(() => Promise.all(scratch.map((database) => database.drop())))

function place(index: number, redisUrl: string) {
  const { appUrl = '', adminUrl = '' } = scratch[index] ?? {}
  return { appUrl, adminUrl, redisUrl }
}

test('of many approvals at once one counts, and everybody else is told who was first', async () => {
  const { problems } = await proveApprovals(place(0, redisDatabase(11)), {
    people: 4,
    times: extent === 'sample' ? 2 : 5,
    intruders: 2,
  })
  expect(problems).toEqual([])
})

test('a worker killed before or after the commit leaves nothing half, and a lost queue loses no request', async () => {
  const steps = sampleOf(['committed', 'written'] as const, 1)
  const { problems } = await proveKills({ redis: place(1, redisDatabase(12)) }, [...steps], {
    say: () => {},
    afterwards: { queueLost: redisDatabase(13) },
  })
  expect(problems).toEqual([])
})
