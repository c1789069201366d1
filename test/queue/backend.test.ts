import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createQueueBackend, type JobWorker, type QueueBackend } from '../../src/queue/backend.ts'
import type { JobQueue } from '../../src/queue/bull-queue.ts'
import { createWaker, WAKE } from '../../src/queue/waker.ts'
import { startSwitch } from '../support/switch.ts'
import { useScratch } from '../support/world.ts'

const HOUR = 3600_000
const GONE = { removeOnComplete: true, removeOnFail: true }

const use = useScratch()

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  let backend: QueueBackend
  let name: string
  let queue: JobQueue
  let workers: JobWorker[]
  /** What ran, in order. */
  let ran: string[]

  beforeAll(() => {
    const url = kind === 'redis' ? inject('redisUrl') : use.scratch.appUrl
    backend = createQueueBackend({ backend: kind, url }, pino({ level: 'silent' }))
  })

  beforeEach(() => {
    name = `test-${randomUUID()}`
    queue = backend.openQueue(name)
    workers = []
    ran = []
  })

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    await queue.close()
  })

  afterAll(() => backend.close())

  test('a job runs, with its data', async () => {
    let data: unknown
    startWorker(async (job) => {
      data = job.data
    })
    await queue.add('job', { changeRequest: '12', deep: { list: [1, 'Ω', null] } }, { jobId: 'one', ...GONE })
    await expect.poll(() => data).toEqual({ changeRequest: '12', deep: { list: [1, 'Ω', null] } })
  })

  test('a job that is added again while it waits runs once', async () => {
    for (const _ of [1, 2, 3]) await add('one')
    await Promise.all([add('one'), add('one')])
    await add('last')
    startWorker()
    await expect.poll(() => ran).toContain('last')
    expect(ran).toEqual(['one', 'last'])
  })

  test('a job that ran can be added again under the same id', async () => {
    startWorker()
    for (const times of [1, 2, 3]) {
      await expect.poll(() => add('one').then(() => ran.length)).toBeGreaterThanOrEqual(times)
    }
  })

  test('a job that throws leaves its class and code in the queue, and nothing of its message', async () => {
    startWorker(async () => {
      throw Object.assign(new TypeError('Quackenbush\n    at Quackenbush (x.ts:1:1)'), { code: '23505' })
    })
    await queue.add('job', {}, { jobId: 'one', attempts: 1 })
    await expect.poll(async () => (await queue.bull.getJob('one'))?.failedReason).toBe('TypeError 23505')
    const failed = await queue.bull.getJob('one')
    expect(JSON.stringify(failed?.toJSON())).not.toContain('Quackenbush')
  })

  test('a worker in another process is woken once for what was committed together', async () => {
    startWorker(async (job) => {
      ran.push(job.name)
    })
    const waker = createWaker(queue, pino({ level: 'silent' }))
    for (const _ of [1, 2, 3]) waker.wake()
    await expect.poll(() => ran).toEqual([WAKE])
    waker.wake()
    await expect.poll(() => ran).toEqual([WAKE, WAKE])
  })

  test('a job that failed can be added again under the same id', async () => {
    let failures = 0
    startWorker(async (job) => {
      if (failures++ === 0) throw new Error('the first time')
      ran.push(String(job.id))
    })
    await expect.poll(() => add('one').then(() => ran)).toContain('one')
  })

  test('a job with a delay lets the next ones go first', async () => {
    startWorker()
    await add('late', { delay: 1_000 })
    await add('early')
    await expect.poll(() => ran).toEqual(['early', 'late'])
  })

  test('a job for a time waits for it, and is moved to another when it is added again for that', async () => {
    startWorker()
    const now = Date.now()
    await addAt('moved', now + HOUR)
    await addAt('late', now + 1_800)
    await addAt('early', now + 600)
    await addAt('moved', now + 1_200)
    await expect.poll(() => ran).toEqual(['early', 'moved', 'late'])
  })

  test('also to a later one', async () => {
    startWorker()
    const now = Date.now()
    await addAt('moved', now + 1_000)
    await addAt('moved', now + HOUR)
    await addAt('last', now + 1_300)
    await expect.poll(() => ran).toEqual(['last'])
  })

  test('a job whose time has come runs once, though it is added again for it', async () => {
    const now = Date.now()
    await addAt('one', now + 50)
    await expect.poll(() => Date.now()).toBeGreaterThan(now + 50)
    await Promise.all([addAt('one', now), addAt('one', now - 1_000), addAt('one', now)])
    startWorker()
    await addAt('last', Date.now() + 200)
    await expect.poll(() => ran).toContain('last')
    expect(ran).toEqual(['one', 'last'])
  })

  test('a job that answers with a time is done again then, as the very same one', async () => {
    startWorker(async (job) => {
      ran.push(String(job.id))
      return ran.filter((id) => id === 'one').length < 3 ? new Date(Date.now() + 200) : null
    })
    await add('one')
    await expect.poll(() => ran).toEqual(['one', 'one', 'one'])
    await expect
      .poll(() => queue.bull.getJobCounts('wait', 'active', 'delayed', 'completed', 'failed'))
      .toEqual({
        ...{ wait: 0, active: 0, delayed: 0, completed: 0, failed: 0 },
      })
  })

  test('while it waits to be done again it can be moved', async () => {
    startWorker(async (job) => {
      ran.push(String(job.id))
      return ran.length === 1 ? new Date(Date.now() + HOUR) : null
    })
    await add('one')
    await expect.poll(() => queue.bull.getDelayedCount()).toBe(1)
    await addAt('one', Date.now())
    await expect.poll(() => ran).toEqual(['one', 'one'])
  })

  test.runIf(kind === 'redis')(
    'jobs whose list Redis has lost, and which it still knows, can be added again',
    async () => {
      const add = async () => {
        await queue.add('job', {}, { jobId: 'approved', ...GONE })
        await addAt('poll', Date.now() + 500)
      }
      await add()
      const redis = new Redis(inject('redisUrl'))
      expect(await redis.del(queue.bull.toKey('wait'), queue.bull.toKey('delayed'))).toBe(2)
      await redis.quit()
      startWorker()
      await add()
      await expect.poll(() => ran).toEqual(['approved', 'poll'])
    },
  )

  describe('a schedule', () => {
    const everySecond = '* * * * * *'

    test('has a job added each time, with its data, however often it is said', async () => {
      const other = backend.openQueue(name)
      const say = (to: JobQueue) => to.schedule('nightly', everySecond, { nightly: 'sync-schools' })
      await say(queue)
      await Promise.all([say(queue), say(other), say(queue)])
      expect(await queue.bull.getJobSchedulersCount()).toBe(1)
      expect(await queue.bull.getJobCountByTypes('delayed', 'waiting')).toBe(1) // no longer delayed once its second is there
      const seen: unknown[] = []
      startWorker(async (job) => void seen.push(job.data))
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(2)
      expect(seen[0]).toEqual({ nightly: 'sync-schools' })
      await other.close()
    })

    test('that is said again keeps the job that is due and waits for a worker', async () => {
      await queue.schedule('nightly', everySecond, {})
      const [due] = await queue.bull.getDelayed()
      await expect.poll(() => Date.now()).toBeGreaterThan(Number(due?.timestamp) + Number(due?.delay) + 1_000)
      await queue.schedule('nightly', everySecond, {})
      expect((await queue.bull.getDelayed()).map(({ id }) => id)).toEqual([due?.id])
    })

    test('that the queue has lost is there again once it is said', async () => {
      await queue.schedule('nightly', '0 4 * * *', {})
      await queue.bull.obliterate({ force: true })
      expect(await queue.bull.getDelayedCount()).toBe(0)
      await queue.schedule('nightly', '0 4 * * *', {})
      const [next] = await queue.bull.getDelayed()
      const at = new Date(Number(next?.timestamp) + Number(next?.delay) + 500) // to the nearest second
      expect(at.toISOString().slice(11, 16)).toBe('04:00')
    })

    test('with another time takes the place of the one before', async () => {
      await queue.schedule('nightly', '0 4 * * *', {})
      await queue.schedule('nightly', '0 5 * * *', {})
      expect(await queue.bull.getJobSchedulers()).toMatchObject([{ pattern: '0 5 * * *', tz: 'UTC' }])
      expect(await queue.bull.getDelayedCount()).toBe(1)
    })
  })

  test('an error in a job does not end the worker', async () => {
    startWorker(async (job) => {
      if (job.id === 'bad') throw new Error('bad')
      ran.push(String(job.id))
    })
    await add('bad')
    await add('good')
    await expect.poll(() => ran).toEqual(['good'])
  })

  test('jobs wait for a worker, and outlive one that is closed', async () => {
    const first = startWorker()
    await add('one')
    await expect.poll(() => ran).toEqual(['one'])
    await first.close()
    await add('two')
    expect(ran).toEqual(['one'])
    startWorker()
    await expect.poll(() => ran).toEqual(['one', 'two'])
  })

  test('jobs outlive the queue that they were added through', async () => {
    await add('one')
    await queue.close()
    queue = backend.openQueue(name)
    startWorker()
    await expect.poll(() => ran).toEqual(['one'])
  })

  test('closing a worker waits for the job under way, and starts no other', async () => {
    let finish = () => {}
    let begun = false
    const worker = startWorker(async (job) => {
      begun = true
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      ran.push(String(job.id))
    })
    await add('one')
    await expect.poll(() => begun).toBe(true)
    let closed = false
    const closing = worker.close().then(() => {
      closed = true
    })
    await add('two')
    expect(closed).toBe(false)
    finish()
    await closing
    expect(ran).toEqual(['one'])
  })

  test.runIf(kind === 'postgres')(
    'after the database was away a job is found whose notification was lost',
    async () => {
      startWorker()
      await add('later', { delay: HOUR })
      await withClient(inject('postgresUrl'), async (server) => {
        const listening = `SELECT FROM pg_stat_activity WHERE application_name = $1 AND query LIKE '%LISTEN bullmq_jobs%'`
        const isListening = async () => ((await server.query(listening, [name])).rowCount ?? 0) > 0
        await expect.poll(isListening).toBe(true)
        await server.query(`ALTER DATABASE ${use.scratch.name} ALLOW_CONNECTIONS false`)
        await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
          use.scratch.name,
        ])
        await sleep(1_000) // the worker has found out by then, and waits for as long as it may
        await server.query(`ALTER DATABASE ${use.scratch.name} ALLOW_CONNECTIONS true`)
        await expect.poll(isListening).toBe(true)
      })
      await sleep(1_000)
      await withClient(use.scratch.adminUrl, (admin) =>
        admin.query(`UPDATE bullmq.job SET state = 'waiting', process_at_ms = NULL WHERE queue = $1`, [name]),
      )
      await expect.poll(() => ran).toEqual(['later'])
    },
  )

  test('two workers share the jobs, and each job runs once', async () => {
    startWorker()
    startWorker()
    const ids = Array.from({ length: 40 }, (_, index) => `job-${index}`)
    await Promise.all(ids.map((id) => add(id)))
    await expect.poll(() => ran.length).toBe(40)
    expect([...ran].sort()).toEqual([...ids].sort())
  })

  test('it answers when it is asked whether it is there', async () => {
    await expect.poll(() => backend.ping().then(() => 'there')).toBe('there')
  })

  function add(jobId: string, options: { delay?: number } = {}): Promise<void> {
    return queue.add('job', {}, { jobId, ...GONE, ...options })
  }

  function addAt(jobId: string, at: number): Promise<void> {
    return queue.addAt('job', {}, new Date(at), { jobId, ...GONE })
  }

  function startWorker(
    process: Parameters<QueueBackend['startWorker']>[1] = async (job) => void ran.push(String(job.id)),
  ): JobWorker {
    const worker = backend.startWorker(name, process, { concurrency: 1 })
    workers.push(worker)
    return worker
  }
})

test.each([
  { backend: 'redis', url: 'redis://127.0.0.1:1' },
  { backend: 'postgres', url: 'postgresql://nobody:nothing@127.0.0.1:1/none' },
] as const)('one that is away is not ready: $backend', async (settings) => {
  const backend = createQueueBackend(settings, pino({ level: 'silent' }))
  await expect(backend.ping()).rejects.toThrow(/redis is not connected|ECONNREFUSED/)
  await backend.close()
})

test('a queue that was opened while its Postgres was away is not ready, so that nobody takes it for working', async () => {
  const settings = { backend: 'postgres', url: use.scratch.appUrl } as const
  const backend = createQueueBackend(settings, pino({ level: 'silent' }))
  await allowConnections(false)
  const queue = backend.openQueue(`test-${randomUUID()}`)
  await expect(queue.bull.waitUntilReady()).rejects.toThrow()
  await allowConnections(true)
  await expect(backend.ping()).rejects.toThrow()
  await queue.close()
  await backend.close()
})

async function allowConnections(allowed: boolean): Promise<void> {
  await withClient(inject('postgresUrl'), (server) =>
    server.query(`ALTER DATABASE ${use.scratch.name} ALLOW_CONNECTIONS ${allowed}`),
  )
}

test('a Postgres that is frozen, and closes no connection, holds the queue up only until it is given up', async () => {
  const url = new URL(use.scratch.appUrl)
  const way = await startSwitch(Number(url.port))
  url.port = String(way.port)
  const settings = { backend: 'postgres', url: url.href, longestSilenceMs: 3_000 } as const
  const backend = createQueueBackend(settings, pino({ level: 'silent' }))
  const queue = backend.openQueue(`test-${randomUUID()}`)
  const ran: string[] = []
  const worker = backend.startWorker(queue.bull.name, async (job) => ran.push(job.id ?? ''), { concurrency: 1 })
  const add = (jobId: string) => queue.add('job', {}, { jobId, ...GONE })
  await add('before')
  await expect.poll(() => ran).toEqual(['before'])
  way.freeze()
  const meanwhile = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => add(`meanwhile-${number}`)))
  expect(meanwhile.every(({ status }) => status === 'rejected')).toBe(true)
  way.freeze(false)
  await expect
    .poll(() =>
      add('after')
        .then(() => ran.includes('after'))
        .catch(() => false),
    )
    .toBe(true)
  await worker.close()
  await queue.close()
  await backend.close()
  await way.stop()
})
