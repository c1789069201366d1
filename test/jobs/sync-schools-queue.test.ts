import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Job } from '../../src/entities/chatops/job.ts'
import { addNightlyJob, hintJob } from '../../src/jobs/start/enqueue.ts'
import { createQueueBackend, type QueueBackend } from '../../src/queue/backend.ts'
import { openJobQueues, startJobWorkers } from '../../src/queue/job-queues.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts'
import type { World } from '../../src/world.ts'
import { type Dttp, startDttp } from '../dttp/client-setup.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { emptyDatabase } from '../support/reset.ts'
import { useWorld } from '../support/world.ts'
import {
  ALL,
  addSchools,
  addSync,
  failAtPage,
  getJob,
  PAGE,
  schoolsInDttp,
  schoolsInRegister,
} from './schools-setup.ts'

const SILENT = pino({ level: 'silent' })
const NO_SLACK = {
  card: async () => {},
  thread: async () => {},
  direct: async () => {},
  alert: async () => {},
  brake: async () => {},
  morning: async () => {},
  trello: async () => {},
}

const use = useWorld()
let dttp: Dttp
let context: World
let workers: RunningWorker[]

beforeEach(async () => {
  await emptyDatabase(use.admin)
  const now = () => new Date()
  dttp = await startDttp({ now }, { now, timeouts: { page: 5_000 } })
  context = { ...use.world, upstreams: { dttp: dttp.client }, schoolsPerPage: PAGE }
  workers = []
})

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await dttp.stop()
})

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  /** The run's Redis is shared, and others have workers on these queues: the schools have a database of their own. */
  const redisUrl = () => redisDatabase(0)
  let backend: QueueBackend

  beforeAll(() => {
    const url = kind === 'redis' ? redisUrl() : use.scratch.appUrl
    backend = createQueueBackend({ backend: kind, url }, SILENT)
  })

  beforeEach(async () => {
    if (kind !== 'redis') return
    const redis = new Redis(redisUrl())
    await redis.flushdb()
    redis.disconnect()
  })

  afterAll(() => backend.close())

  test('two workers at once copy the schools once, and go on by themselves where a page failed', async () => {
    addSchools(dttp.simulator, 2 * PAGE)
    failAtPage(dttp.simulator, 2, { kind: 'server-error', times: 3 })
    const id = await addSync(context)
    for (const _ of [1, 2]) start()
    await expect.poll(() => getJob(context, id)).toMatchObject({ status: 'waiting', progress: { pages: 1 } })
    await hurry(id)
    await expect.poll(() => getJob(context, id)).toMatchObject({ status: 'done', result: { rows: ALL } })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(1 + 3 + 2)
  })

  test('a worker that is stopped puts the job back after the page under way, and the next goes on', async () => {
    addSchools(dttp.simulator, 2 * PAGE)
    failAtPage(dttp.simulator, 2, { kind: 'slow', ms: 500 })
    const first = start()
    const id = await addSync(context)
    await expect.poll(() => dttp.simulator.requestsTo('accounts').length).toBe(2)
    await first.stop()
    expect(await getJob(context, id)).toMatchObject({ status: 'waiting', run: 1, progress: { pages: 2 } })
    start()
    await expect.poll(() => getJob(context, id)).toMatchObject({ status: 'done', run: 2 })
    expect(await schoolsInRegister(context)).toEqual(schoolsInDttp(dttp.simulator))
    expect(dttp.simulator.requestsTo('accounts')).toHaveLength(3)
  })

  test('the schedule starts one synchronisation a night, however often it says so', async () => {
    const queues = openJobQueues(backend)
    const said: string[] = []
    const addNightly = async (name: string) => {
      await addNightlyJob(context, name)
      said.push(name)
    }
    const workers = [1, 2].map(() => startJobWorkers(context, backend, jobRunner, { addNightly, ran: () => {} }))
    await queues.schedule('sync-schools', '* * * * * *')
    await expect.poll(() => said.length).toBeGreaterThan(2)
    await Promise.all(workers.map((worker) => worker.close()))
    await queues.close()
    expect(await allJobs()).toMatchObject([{ name: 'sync-schools', status: 'waiting', traineeId: null }])
  })

  function start(): RunningWorker {
    const worker = startWorker(context, backend, NO_SLACK, { retention: 24 * 3600_000, isSlackOpen: () => true })
    workers.push(worker)
    return worker
  }
})

test('each night has a synchronisation of its own', async () => {
  const nights = ['2021-10-30T03:00:00Z', '2021-10-30T03:00:01Z', '2021-10-31T04:00:00Z']
  for (const night of nights) await addNightlyJob({ ...context, now: () => new Date(night) }, 'sync-schools')
  expect((await allJobs()).map(({ dueAt }) => dueAt)).toEqual([new Date(nights[0] ?? ''), new Date(nights[2] ?? '')])
})

function allJobs(): Promise<Job[]> {
  return context.database.manager.find(Job, { order: { createdAt: 'ASC' } })
}

/** As if its time had come. */
async function hurry(id: string): Promise<void> {
  await context.database.manager.update(Job, { id }, { dueAt: new Date() })
  await hintJob(context.database.manager, id)
}
