import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { proveLifecycle } from './lifecycle.ts'

// What `npm run proof` does in large, in small: another sample each time. What fails is printed with its seed.
let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

test('people, sweeps, crashes, sleep and moved rows in any order leave every request as the model says', async () => {
  const { problems, runs } = await proveLifecycle(scratch, { runs: 12, steps: 40, longest: 200_000 })
  expect({ problems, runs }).toEqual({ problems: [], runs: 12 })
})
