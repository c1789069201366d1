import { afterAll, beforeAll, describe, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { extent, sampleOf } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { provePolls } from './polls.ts'

// What `npm run proof` does in large, in small. The run's Redis is shared: this queue has a database of its own.
let scratch: ScratchDatabase[]

beforeAll(async () => {
  scratch = await Promise.all([scratchDatabase(), scratchDatabase()])
})

afterAll(() => Promise.all(scratch.map((database) => database.drop())))

const POLLS = extent === 'sample' ? 80 : 200
const QUEUES = [
  ['redis', 0],
  ['postgres', 1],
] as const

describe.concurrent.each(sampleOf(QUEUES, 1))('on %s', (name, index) => {
  test('a worker killed while it polls leaves nobody out, writes no TRN twice, and tells of each failure once', async ({
    expect,
  }) => {
    const { appUrl = '', adminUrl = '' } = scratch[index] ?? {}
    const redisUrl = name === 'redis' ? redisDatabase(0) : null
    const crush = { polls: POLLS, kills: 1, hurry: true, say: () => {} }
    const { queues, problems } = await provePolls({ [name]: { appUrl, adminUrl, redisUrl } }, crush)
    expect(problems).toEqual([])
    expect(queues[name]).toMatchObject({ polled: POLLS, killed: 1, wrong: 0 })
  })
})
