import {
  createPostgresBackend,
  createRedisBackend,
  DelayedError,
  type Job,
  type JobsOptions,
  type Queue as RedisQueue,
  withBackend,
} from 'bullmq'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** Where jobs are kept. */
export type QueueSettings = { backend: 'redis'; url: string } | { backend: 'postgres'; url: string }

/** A queue of jobs with JSON data. */
export type JobQueue = {
  /** Adding a job with the id of one that is still there does nothing. */
  add: (name: string, data: object, options: JobsOptions & { jobId: string }) => Promise<void>
  /** The same for a job that runs at a time; one that is there and waits for its time is moved to this one. */
  addAt: (name: string, data: object, at: Date, options: JobsOptions & { jobId: string }) => Promise<void>
  /** Has a job added at each time of a cron pattern, in London; says so as often as you like. */
  schedule: (id: string, pattern: string, data: object) => Promise<void>
  /** BullMQ's own queue, for the dashboard. */
  bull: RedisQueue
  close: () => Promise<void>
}

export type JobWorker = { close: () => Promise<void> }

/** Does a job; a time means: the same job again, then. */
export type Process = (job: Job) => Promise<Date | null | undefined | void>

export type WorkerSettings = {
  concurrency: number
  /** How often a job whose worker died is started again; 5 unless given. */
  maxStalledCount?: number
}

/** What both backends can do; nothing else of BullMQ is used, and never QueueEvents: on Postgres they lose events. */
export type QueueBackend = {
  openQueue: (name: string) => JobQueue
  startWorker: (name: string, process: Process, settings: WorkerSettings) => JobWorker
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
    startWorker(name, process, settings) {
      const connection = connect()
      const worker = new Worker(name, againIfTold(process), { connection, ...STALLED, ...settings })
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
      const queue = wrapQueue(new Queue(name, { connection }) as unknown as RedisQueue, log)
      queues.push(queue)
      return queue
    },
    startWorker(name, process, settings) {
      const worker = new Worker(name, againIfTold(process), { connection, ...STALLED, ...settings })
      worker.on('error', (error: Error) => log.warn({ error: error.name }, 'queue worker error'))
      return { close: () => worker.close() }
    },
    async ping() {}, // the same Postgres as our own tables, which /readyz asks anyway
    async close() {},
  }
}

/** Copies of a job would be swallowed as duplicates, so the very job is put back to its next time. */
function againIfTold(process: Process) {
  return async (job: Job, token?: string): Promise<void> => {
    const at = await process(job)
    if (!at) return
    await job.moveToDelayed(at.getTime(), token)
    throw new DelayedError()
  }
}

function wrapQueue(queue: RedisQueue, log: Logger): JobQueue {
  queue.on('error', (error) => log.warn({ error: error.name }, 'queue error'))
  return {
    bull: queue,
    add: (name, data, options) => answeredInTime(queue.add(name, data, options)),
    addAt: (name, data, at, options) => answeredInTime(addAt(queue, name, data, at, options)),
    schedule: (id, pattern, data) =>
      answeredInTime(
        queue.upsertJobScheduler(
          id,
          { pattern, tz: 'Europe/London' },
          { name: id, data, opts: { removeOnComplete: true, removeOnFail: true } },
        ),
      ),
    close: () => queue.close(),
  }
}

async function addAt(
  queue: RedisQueue,
  name: string,
  data: object,
  at: Date,
  options: JobsOptions & { jobId: string },
): Promise<void> {
  const delay = Math.max(0, at.getTime() - Date.now())
  const waiting = await queue.getJob(options.jobId)
  if (waiting && (await waiting.isDelayed())) await waiting.changeDelay(delay)
  else await queue.add(name, data, { ...options, delay })
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
