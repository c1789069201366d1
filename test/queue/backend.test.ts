import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { createQueueBackend, type JobQueue, type JobWorker, type QueueBackend } from '../../src/queue/backend.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'

const WAIT = { timeout: 10_000, interval: 20 }
const GONE = { removeOnComplete: true, removeOnFail: true }

let scratch: ScratchDatabase

beforeAll(async () => {
  scratch = await scratchDatabase()
})

afterAll(() => scratch.drop())

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  let backend: QueueBackend
  let name: string
  let queue: JobQueue
  let workers: JobWorker[]
  /** What ran, in order. */
  let ran: string[]

  beforeAll(() => {
    const url = kind === 'redis' ? inject('redisUrl') : scratch.appUrl
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
    await expect.poll(() => data, WAIT).toEqual({ changeRequest: '12', deep: { list: [1, 'Ω', null] } })
  })

  test('a job that is added again while it waits runs once', async () => {
    for (const _ of [1, 2, 3]) await add('one')
    await Promise.all([add('one'), add('one')])
    await add('last')
    startWorker()
    await expect.poll(() => ran, WAIT).toContain('last')
    expect(ran).toEqual(['one', 'last'])
  })

  test('a job that ran can be added again under the same id', async () => {
    startWorker()
    for (const times of [1, 2, 3]) {
      await expect.poll(() => add('one').then(() => ran.length), WAIT).toBeGreaterThanOrEqual(times)
    }
  })

  test('a job that failed can be added again under the same id', async () => {
    let failures = 0
    startWorker(async (job) => {
      if (failures++ === 0) throw new Error('the first time')
      ran.push(String(job.id))
    })
    await expect.poll(() => add('one').then(() => ran), WAIT).toContain('one')
  })

  test('a job with a delay lets the next ones go first', async () => {
    startWorker()
    await add('late', { delay: 1_000 })
    await add('early')
    await expect.poll(() => ran, WAIT).toEqual(['early', 'late'])
  })

  test('an error in a job does not end the worker', async () => {
    startWorker(async (job) => {
      if (job.id === 'bad') throw new Error('bad')
      ran.push(String(job.id))
    })
    await add('bad')
    await add('good')
    await expect.poll(() => ran, WAIT).toEqual(['good'])
  })

  test('jobs wait for a worker, and outlive one that is closed', async () => {
    const first = startWorker()
    await add('one')
    await expect.poll(() => ran, WAIT).toEqual(['one'])
    await first.close()
    await add('two')
    expect(ran).toEqual(['one'])
    startWorker()
    await expect.poll(() => ran, WAIT).toEqual(['one', 'two'])
  })

  test('jobs outlive the queue that they were added through', async () => {
    await add('one')
    await queue.close()
    queue = backend.openQueue(name)
    startWorker()
    await expect.poll(() => ran, WAIT).toEqual(['one'])
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
    await expect.poll(() => begun, WAIT).toBe(true)
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

  test('two workers share the jobs, and each job runs once', async () => {
    startWorker()
    startWorker()
    const ids = Array.from({ length: 40 }, (_, index) => `job-${index}`)
    await Promise.all(ids.map((id) => add(id)))
    await expect.poll(() => ran.length, WAIT).toBe(40)
    expect([...ran].sort()).toEqual([...ids].sort())
  })

  test('it answers when it is asked whether it is there', async () => {
    await expect.poll(() => backend.ping().then(() => 'there'), WAIT).toBe('there')
  })

  function add(jobId: string, options: { delay?: number } = {}): Promise<void> {
    return queue.add('job', {}, { jobId, ...GONE, ...options })
  }

  function startWorker(
    process: Parameters<QueueBackend['startWorker']>[1] = async (job) => void ran.push(String(job.id)),
  ): JobWorker {
    const worker = backend.startWorker(name, process, { concurrency: 1 })
    workers.push(worker)
    return worker
  }
})

test('a Redis that is away is not ready', async () => {
  const backend = createQueueBackend({ backend: 'redis', url: 'redis://127.0.0.1:1' }, pino({ level: 'silent' }))
  await expect(backend.ping()).rejects.toThrow('redis is not connected')
  await backend.close()
})
