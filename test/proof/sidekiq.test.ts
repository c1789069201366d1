import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { extent } from '../support/extent.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveSidekiq } from './sidekiq.ts'
import { proveSidekiqRequests } from './sidekiq-requests.ts'

// What `npm run proof -- sidekiq` does in large, in small; in a sample as little of it as shows anything.
const { kills, each, blows } = extent === 'sample' ? { kills: 1, each: 2, blows: 1 } : { kills: 2, each: 5, blows: 2 }

const why = inject('noSidekiq')
let scratch: ScratchDatabase
let whole: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
  whole = await scratchDatabase()
})
afterAll(async () => {
  await scratch.drop()
  await whole.drop()
})

describe.skipIf(why)(why ? `skipped: ${why}` : 'beside a real Sidekiq', () => {
  test('whatever is asked is written once, though our worker and Sidekiq are killed', async () => {
    const redisUrls = { sidekiqUrl: redisDatabase(9), notesUrl: redisDatabase(10) }
    const asking = { ...redisUrls, kills, each, say: () => {} }
    const { problems, asked } = await proveSidekiq({ ...scratch, redisUrl: null }, asking)
    expect(problems).toEqual([])
    const count = (kills + 1) * each
    expect(asked).toEqual({ push: count, retry: count, remove: count })
  })

  test('every request ends, and what it says is so', async () => {
    const redisUrls = { sidekiqUrl: redisDatabase(11), notesUrl: redisDatabase(12) }
    const { problems, requests } = await proveSidekiqRequests(
      { ...whole, redisUrl: null },
      { ...redisUrls, blows, say: () => {} },
    )
    expect(problems).toEqual([])
    expect(requests).toBe(2 * blows)
  })
})
