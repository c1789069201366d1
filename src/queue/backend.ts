import { createPostgresBackend, createRedisBackend, type Job, type JobsOptions, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** Where jobs are kept. */
export type QueueSettings = { backend: 'redis'; url: string } | { backend: 'postgres'; url: string }

/** A queue of jobs with JSON data. Adding a job with the id of one that is still there does nothing. */
export type JobQueue = {
  add: (name: string, data: object, options: JobsOptions & { jobId: string }) => Promise<void>
  close: () => Promise<void>
}

export type JobWorker = { close: () => Promise<void> }

/** What both backends can do; nothing else of BullMQ is used, and never QueueEvents: on Postgres they lose events. */
export type QueueBackend = {
  openQueue: (name: string) => JobQueue
  startWorker: (name: string, process: (job: Job) => Promise<void>, options: { concurrency: number }) => JobWorker
  /** Whether the backend answers; for /readyz. */
  ping: () => Promise<void>
  close: () => Promise<void>
}

const STALLED = { lockDuration: 15_000, stalledInterval: 10_000, maxStalledCount: 5 }

/** BullMQ on Redis or on Postgres, behind one interface. Connections re-establish themselves. */
export function createQueueBackend(settings: QueueSettings, log: Logger): QueueBackend {
  return settings.backend === 'redis' ? redisBackend(settings.url, log) : postgresBackend(settings.url, log)
}

function redisBackend(url: string, log: Logger): QueueBackend {
  const { Queue, Worker } = withBackend(createRedisBackend)
  const connect = () => {
    const redis = new Redis(url, { maxRetriesPerRequest: null, enableOfflineQueue: true })
    redis.on('error', (error: Error) => log.warn({ error: error.name }, 'redis is not answering'))
    return redis
  }
  const client = connect()
  return {
    openQueue: (name) => wrapQueue(new Queue(name, { connection: client }), log),
    startWorker(name, process, options) {
      const connection = connect()
      const worker = new Worker(name, process, { connection, ...STALLED, ...options })
      worker.on('error', (error: Error) => log.warn({ error: error.name }, 'queue worker error'))
      return {
        async close() {
          await worker.close()
          connection.disconnect()
        },
      }
    },
    async ping() {
      if (client.status !== 'ready') throw new Error('redis is not connected')
      await client.ping()
    },
    async close() {
      client.disconnect()
    },
  }
}

function postgresBackend(url: string, log: Logger): QueueBackend {
  const { Queue, Worker } = withBackend(createPostgresBackend)
  const connection = { connectionString: url, max: 4 }
  const queues: JobQueue[] = []
  return {
    openQueue(name) {
      const queue = wrapQueue(new Queue(name, { connection }), log)
      queues.push(queue)
      return queue
    },
    startWorker(name, process, options) {
      const worker = new Worker(name, process, { connection, ...STALLED, ...options })
      worker.on('error', (error: Error) => log.warn({ error: error.name }, 'queue worker error'))
      return { close: () => worker.close() }
    },
    async ping() {}, // the same Postgres as our own tables, which /readyz asks anyway
    async close() {},
  }
}

type BullQueue = {
  add: (name: string, data: object, options: JobsOptions) => Promise<unknown>
  close: () => Promise<void>
  on: (event: 'error', listener: (error: Error) => void) => unknown
}

function wrapQueue(queue: BullQueue, log: Logger): JobQueue {
  queue.on('error', (error) => log.warn({ error: error.name }, 'queue error'))
  return {
    add: (name, data, options) => answeredInTime(queue.add(name, data, options)),
    close: () => queue.close(),
  }
}

const ANSWER_WITHIN_MS = 5_000

/** ioredis waits for as long as Redis is away; whoever adds a job must not. The job may still be added later. */
async function answeredInTime(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the queue did not answer')), ANSWER_WITHIN_MS)
  })
  answer.catch(() => {})
  try {
    await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
