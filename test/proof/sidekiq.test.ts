import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { proveSidekiq } from './sidekiq.ts'
import { proveSidekiqRequests } from './sidekiq-requests.ts'

// What `npm run proof -- sidekiq` does in large, in small.

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
    const blows = { ...redisUrls, kills: 2, each: 5, say: () => {} }
    const { problems, asked } = await proveSidekiq({ ...scratch, redisUrl: null }, blows)
    expect(problems).toEqual([])
    expect(asked).toEqual({ push: 15, retry: 15, remove: 15 })
  })

  test('every request ends, and what it says is so', async () => {
    const redisUrls = { sidekiqUrl: redisDatabase(11), notesUrl: redisDatabase(12) }
    const { problems, requests } = await proveSidekiqRequests(
      { ...whole, redisUrl: null },
      { ...redisUrls, blows: 2, say: () => {} },
    )
    expect(problems).toEqual([])
    expect(requests).toBe(4)
  })
})
