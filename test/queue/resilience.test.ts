import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { extent, sampleOf } from '../support/extent.ts'
import { ALL_DONE, lookAt, type OwnPostgres, type Scene, startOwnPostgres, startScene } from './resilience-setup.ts'

/** How often all sessions are ended, while jobs run. */
const CUTS = extent === 'sample' ? 8 : 40

let postgres: OwnPostgres
let scene: Scene

beforeAll(async () => {
  postgres = await startOwnPostgres()
})

afterAll(() => postgres.destroy())

afterEach(() => scene.stop())

test('Redis loses all its keys in the middle: every poll is made and the approved request carried out, once', async () => {
  scene = await startScene('redis', postgres)
  const beginning = scene.begin()
  for (const _ of [1, 2, 3, 4, 5]) {
    await scene.flushRedis()
    await sleep(50)
  }
  await beginning
  await scene.flushRedis()
  await scene.letPass(1)
  await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
})

test('Redis loses all its keys while polls wait for their next hour: they are made then', async () => {
  scene = await startScene('redis', postgres)
  scene.setTrns(false)
  await scene.begin()
  await expect.poll(() => lookAt(scene)).toMatchObject({ received: 0, polledOnce: true, requests: ['done'] })
  await scene.flushRedis()
  scene.setTrns(true)
  await scene.letPass(61)
  await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
})

test('Redis goes away, and comes back empty: it is said meanwhile, and nothing was lost', async () => {
  scene = await startScene('redis', postgres)
  await expect.poll(scene.readiness).toMatchObject({ status: 200 })
  await scene.stopRedis()
  await expect.poll(scene.readiness).toMatchObject({ status: 503, queue: false, database: true })
  await scene.begin()
  await scene.startRedisAgain()
  await expect.poll(scene.readiness).toMatchObject({ status: 200, queue: true })
  await scene.letPass(1)
  await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
})

test('Redis goes away while jobs run, again and again', async () => {
  scene = await startScene('redis', postgres)
  await scene.begin()
  for (const _ of [1, 2, 3]) {
    await scene.stopRedis()
    await scene.startRedisAgain()
    await scene.letPass(1)
  }
  await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
})

test.each(sampleOf(['redis', 'postgres'] as const, 1))(
  'Postgres ends sessions in the middle, with the queue on %s: nothing is lost, and nothing written twice',
  async (kind) => {
    scene = await startScene(kind, postgres)
    await scene.begin()
    for (let cuts = 0; cuts < CUTS; cuts++) {
      await scene.cutSessions()
      await sleep(25)
    }
    await scene.letPass(1)
    await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
  },
)

test.each(sampleOf(['postgres', 'redis'] as const, 1))(
  'Postgres goes away and comes back, with the queue on %s: it is said meanwhile, and nothing was lost',
  async (kind) => {
    scene = await startScene(kind, postgres)
    await scene.begin()
    await scene.stopPostgres()
    await expect.poll(scene.readiness).toMatchObject({ status: 503, database: false })
    await scene.startPostgresAgain()
    await expect.poll(scene.readiness).toMatchObject({ status: 200, database: true, queue: true })
    await scene.letPass(1)
    await expect.poll(() => lookAt(scene)).toMatchObject(ALL_DONE)
  },
)
