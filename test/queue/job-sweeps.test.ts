import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claimJob } from '../../src/jobs/run/leases.ts'
import type { JobHandler } from '../../src/jobs/run/run-job.ts'
import { startPoll } from '../../src/jobs/start/enqueue.ts'
import { createQueueBackend, type JobWorker, type QueueBackend } from '../../src/queue/backend.ts'
import { type JobQueues, openJobQueues, startJobWorkers } from '../../src/queue/job-queues.ts'
import { hintAdded, hintLateJobs } from '../../src/queue/job-sweeps.ts'
import { addJob, everyJob, getJob, type Jobs, loseWorker, startJobs } from '../jobs/jobs-setup.ts'
import { startRedis } from '../support/redis.ts'
import { emptyDatabase } from '../support/reset.ts'

const OWN_REDIS = fileURLToPath(new URL('../../.sandbox/own-redis', import.meta.url))
const SECOND = 1_000
const HOUR = 3600 * SECOND

let jobs: Jobs
let redis: Awaited<ReturnType<typeof startRedis>>

beforeAll(async () => {
  jobs = await startJobs()
  redis = await startRedis(OWN_REDIS)
})

afterAll(async () => {
  await redis.stop()
  await jobs.stop()
})

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  let backend: QueueBackend
  let queues: JobQueues
  let workers: JobWorker | null
  /** The jobs that ran, in order. */
  let ran: string[]

  beforeEach(() => {
    jobs.clock.time = Date.now()
    ran = []
    workers = null
    const url = kind === 'redis' ? redis.url : jobs.scratch.appUrl
    backend = createQueueBackend({ backend: kind, url }, pino({ level: 'silent' }))
    queues = openJobQueues(backend)
  })

  afterEach(async () => {
    await workers?.close()
    await loseQueue()
    await queues.close()
    await backend.close()
    await emptyDatabase(jobs.admin)
  })

  test('a job that was added runs once the queue is told of it', async () => {
    const id = await addJob(jobs, 'update-trainee')
    start()
    await hintAdded(jobs.context, queues, id)
    await expect.poll(() => ran).toEqual([id])
    await expect.poll(async () => (await getJob(jobs, id)).status).toBe('done')
  })

  test('a job that is over is not told of', async () => {
    const id = await addJob(jobs, 'update-trainee')
    await jobs.admin.query(`UPDATE chatops.jobs SET status = 'done', finished_at = now()`)
    await hintAdded(jobs.context, queues, id)
    await hintAdded(jobs.context, queues, '00000000-0000-4000-8000-000000000000')
    expect(await told()).toBe(0)
  })

  test('a poll that is asked for sooner is made sooner', async () => {
    const poll = (inMs: number) =>
      jobs.context.database.transaction((sql) =>
        startPoll(sql, {
          ...{ trainee: '5901', timeoutAt: null, changeRequest: null },
          dueAt: new Date(jobs.clock.time + inMs),
        }),
      )
    start()
    const id = await poll(HOUR)
    await hintAdded(jobs.context, queues, id)
    await poll(0)
    await hintAdded(jobs.context, queues, id)
    await expect.poll(() => ran).toEqual([id])
  })

  test('a job is done again when it says so, by the same entry in the queue', async () => {
    const id = await addJob(jobs, 'retrieve-trn')
    start(async (_, job) => {
      ran.push(job.id)
      jobs.clock.time = Date.now() + 200
      return async () => (ran.length < 4 ? { kind: 'again', at: new Date(jobs.clock.time) } : { kind: 'done' })
    })
    await hintAdded(jobs.context, queues, id)
    await expect.poll(async () => (await getJob(jobs, id)).status).toBe('done')
    expect(ran).toEqual([id, id, id, id])
    await expect.poll(told).toBe(0)
  })

  test('jobs that are due and that the queue has lost run all the same', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => addJob(jobs, 'update-trainee')))
    for (const id of ids) await hintAdded(jobs.context, queues, id)
    await loseQueue()
    start()
    jobs.clock.time += 31 * SECOND
    expect(await hintLateJobs(jobs.context, queues)).toBe(30)
    await expect.poll(() => ran.length).toBe(30)
    expect([...ran].sort()).toEqual([...ids].sort())
  })

  test('only late ones are told of again, and not over and over', async () => {
    await addJob(jobs, 'update-trainee')
    await addJob(jobs, 'update-trainee', HOUR)
    jobs.clock.time += 29 * SECOND
    expect(await hintLateJobs(jobs.context, queues)).toBe(0)
    jobs.clock.time += 2 * SECOND
    const told = await Promise.all([1, 2, 3].map(() => hintLateJobs(jobs.context, queues)))
    expect(told.reduce((sum, count) => sum + count)).toBe(1)
    expect(await hintLateJobs(jobs.context, queues)).toBe(0)
  })

  test('a job whose worker died is done by another', async () => {
    const id = await addJob(jobs, 'register-for-trn')
    await claimJob(jobs.context, id)
    start()
    expect(await hintLateJobs(jobs.context, queues)).toBe(0)
    await loseWorker(jobs, id)
    expect(await hintLateJobs(jobs.context, queues)).toBe(1)
    await expect.poll(() => ran).toEqual([id])
    await expect.poll(() => getJob(jobs, id)).toMatchObject({ status: 'done', run: 2, stalls: 1 })
  })

  test('a job in the queue that our tables do not know is forgotten', async () => {
    start()
    const unknown = { id: '00000000-0000-4000-8000-000000000000', name: 'update-trainee', dueAt: new Date() } as const
    await queues.hint(unknown)
    await queues.all[0]?.add('update-trainee', { job: 'x; DROP TABLE jobs' }, { jobId: 'odd', removeOnComplete: true })
    await expect.poll(told).toBe(0)
    expect(ran).toEqual([])
  })

  /** Starts the workers; unless told otherwise, each job is done at once. */
  function start(handler?: JobHandler): void {
    const works: JobHandler = async (_, job) => {
      ran.push(job.id)
      return async () => ({ kind: 'done' })
    }
    workers = startJobWorkers(jobs.context, backend, everyJob(handler ?? works), {
      addNightly: async () => {},
      ran: () => {},
    })
  }

  async function told(): Promise<number> {
    const counts = await Promise.all(queues.all.map(({ bull }) => bull.getJobCountByTypes('wait', 'active', 'delayed')))
    return counts.reduce((sum, count) => sum + count)
  }

  async function loseQueue(): Promise<void> {
    for (const { bull } of queues.all) await bull.obliterate({ force: true })
  }
})
