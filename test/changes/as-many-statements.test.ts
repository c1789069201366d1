// What is done or looked at for many asks the database as often as for one.
import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { hintExecution } from '../../src/changes/announce.ts'
import { lookUnseenOf } from '../../src/entities/chatops/unseen-jobs.ts'
import { pauseNow, resumeNow } from '../../src/pausing/pause.ts'
import { areFoundOnce } from '../../src/schools/in-list.ts'
import { countQueries } from '../bench/count-queries.ts'
import { ROUTE, seedTrainees } from '../proof/trainees.ts'
import { approveRequest, DEVELOPER, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()
let slugs: string[]

beforeAll(async () => {
  slugs = await seedTrainees(use.scratch.adminUrl, 5)
})

test('pausing, and resuming, with five requests that wait as with one', async () => {
  await approveNext()
  const one = await pauseAndResume()
  for (const _ of [2, 3, 4, 5]) await approveNext()
  expect(await pauseAndResume()).toBe(one)
  const [row] = await use.world.database.query(
    `SELECT count(*)::int AS cards, count(DISTINCT stream)::int AS streams FROM chatops.outbox WHERE kind IN ('card', 'hint')`,
  )
  expect(row).toEqual({ cards: 10, streams: 10 })
})

test('jobs that are not to be found in Register’s Sidekiq, and schools in the list', async () => {
  const sql = use.world.database.manager
  const jobs = [1, 2, 3, 4].map(() => ({ id: randomUUID(), place: 'missing' as const }))
  const urns = ['100001', '100002', '100003', '100004']
  expect(await count(() => lookUnseenOf(sql, jobs))).toBe(1)
  expect(await count(() => areFoundOnce(sql, urns))).toBe(1)
  expect(await lookUnseenOf(sql, jobs)).toHaveLength(4)
  expect(await areFoundOnce(sql, urns)).toHaveLength(4)
})

test('a hint for no request adds nothing', async () => {
  await expect(hintExecution(use.world.database.manager, [], new Date())).resolves.toBeUndefined()
})

async function approveNext(): Promise<void> {
  const form = { subject: slugs.pop() ?? '', route: ROUTE, reason: 'Many', ticket: '' }
  await approveRequest(use.world, await sendRequest(use.world, 'fix-route', form))
}

function pauseAndResume(): Promise<number> {
  return count(async () => {
    await use.world.database.transaction((sql) => pauseNow(use.world, sql, DEVELOPER, 'For a test'))
    await use.world.database.transaction((sql) => resumeNow(use.world, sql, DEVELOPER))
  })
}

async function count(act: () => Promise<unknown>): Promise<number> {
  const counter = countQueries()
  try {
    await act()
    return counter.read().statements
  } finally {
    counter.stop()
  }
}
