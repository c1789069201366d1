import {
  createPostgresBackend,
  createRedisBackend,
  DelayedError,
  type Job,
  type Queue as RedisQueue,
  withBackend,
} from 'bullmq'
import pg from 'pg'
import type { Logger } from 'pino'
import { demandPrimary } from '../entities/demand-primary.ts'
import { giveUpSilent, LONGEST_SILENCE_MS, outliveAndTellLoss } from '../entities/lost-sessions.ts'
import { describeError } from '../error-facts.ts'
import { type JobQueue, wrapQueue } from './bull-queue.ts'
import { demandOwnSession, SESSION_OPTIONS } from './own-session.ts'
import { connectRedis, demandWritable, findEviction, findRefusal, type RedisSettings } from './redis.ts'
import { seldom } from './tell.ts'

/** Where jobs are kept. */
export type QueueSettings = ({ backend: 'redis' } & RedisSettings) | PostgresSettings

/** `longestSilenceMs`: for which an answer is waited for. */
type PostgresSettings = { backend: 'postgres'; url: string; longestSilenceMs?: number }

export type JobWorker = { close: () => Promise<void> }

/** Does a job. If it answers with a time, the same job is done again at that time. */
type Process = (job: Job) => Promise<unknown>

export type WorkerSettings = {
  concurrency: number
  /** How often a job whose worker died is started again; 5 unless given. */
  maxStalledCount?: number
}

/** What both backends can do; nothing else of BullMQ is used, and never QueueEvents: on Postgres they lose events. */
export type QueueBackend = {
  openQueue: (name: string) => JobQueue
  startWorker: (name: string, process: Process, settings: WorkerSettings) => JobWorker
  /** Throws unless the backend takes a write; for /readyz. */
  ping: () => Promise<void>
  /** What should be set up otherwise there, in sentences for operators. */
  warnings: () => Promise<string[]>
  close: () => Promise<void>
}

/** Throws, with what to do about it, if a queue cannot be kept there. */
export async function demandQueue(settings: QueueSettings): Promise<void> {
  if (settings.backend === 'postgres') await demandOwnSession(settings.url)
}

const WORKERS = { lockDuration: 15_000, stalledInterval: 10_000, maxStalledCount: 5, runRetryDelay: 1_000 }

/**
 * BullMQ on Redis or on Postgres, behind one interface. Connections re-establish themselves.
 * @param now the database's time, in which the times of jobs are given; BullMQ reckons in this machine's
 */
export function createQueueBackend(settings: QueueSettings, log: Logger, now = () => new Date()): QueueBackend {
  return settings.backend === 'redis' ? redisBackend(settings, log, now) : postgresBackend(settings, log, now)
}

function redisBackend(settings: RedisSettings, log: Logger, now: () => Date): QueueBackend {
  const { Queue, Worker } = withBackend(createRedisBackend)
  const tell = seldom(log)
  const client = connectRedis(settings, tell)
  let lastError: Error | undefined
  client.on('error', (error: Error) => {
    lastError = error
  })
  return {
    openQueue: (name) => wrapQueue(new Queue(name, { connection: client }), tell, now),
    startWorker(name, process, options) {
      const connection = connectRedis(settings, tell)
      const worker = new Worker(name, againIfTold(process, now, log), { connection, ...WORKERS, ...options })
      worker.on('error', (error: Error) => tell(error, 'queue worker error'))
      return {
        async close() {
          await worker.close()
          connection.disconnect()
        },
      }
    },
    ping: () => demandWritable(client),
    async warnings() {
      const refusal = await findRefusal(client, lastError)
      return refusal.length > 0 ? refusal : findEviction(client)
    },
    async close() {
      client.disconnect()
    },
  }
}

/** Each worker keeps one connection to listen on; the others are shared by everything the process has open. */
const POSTGRES_POOL = { max: 14, connectionTimeoutMillis: 5_000, options: SESSION_OPTIONS }
/** For the sessions that listen, and are owed no answer. */
const ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 }

/**
 * A worker that waits for jobs on Postgres is woken by a notification, which is lost where the session that listens was
 * ended, and after such an error BullMQ (6.7.0) waits for up to an hour. With this it looks every few seconds.
 */
const LONGEST_WAIT_S = 5
const createWatchfulBackend: typeof createPostgresBackend = (...given) =>
  Object.defineProperty(createPostgresBackend(...given), 'maximumBlockTimeout', { value: LONGEST_WAIT_S })

function postgresBackend(
  { url, longestSilenceMs = LONGEST_SILENCE_MS }: PostgresSettings,
  log: Logger,
  now: () => Date,
): QueueBackend {
  const { Queue, Worker } = withBackend(createWatchfulBackend)
  const giveUp = giveUpSilent(longestSilenceMs)
  const onConnect = (client: pg.ClientBase) => {
    outliveAndTellLoss(client)
    giveUp(client)
  }
  const tell = seldom(log)
  const connection = new pg.Pool({ connectionString: url, onConnect, ...POSTGRES_POOL, ...ALIVE })
  connection.setMaxListeners(0)
  connection.on('error', (error) => tell(error, 'postgres is not answering the queue'))
  const opened: { waitUntilReady: () => Promise<unknown> }[] = []
  return {
    openQueue(name) {
      const queue = new Queue(name, { connection }) as unknown as RedisQueue
      opened.push(queue)
      return wrapQueue(queue, tell, now)
    },
    startWorker(name, process, settings) {
      const worker = new Worker(name, againIfTold(process, now, log), { connection, ...WORKERS, ...settings })
      worker.on('error', (error: Error) => tell(error, 'queue worker error'))
      opened.push(worker)
      return { close: () => worker.close() }
    },
    async ping() {
      await demandPrimary(async (statement) => (await connection.query(statement)).rows)
      await Promise.all(opened.map((one) => one.waitUntilReady()))
    },
    warnings: async () => [],
    close: () => connection.end(),
  }
}

/**
 * Puts a job back to the time it answered. A new job with the same id would be dropped as a duplicate. BullMQ keeps the
 * message and the stack of what a job throws, so it is given none.
 */
function againIfTold(process: Process, now: () => Date, log: Logger) {
  return async (job: Job, token?: string): Promise<void> => {
    const at = await process(job).catch((error: unknown) => {
      log.warn({ queue: job.queueName, err: error }, 'a queued job failed')
      throw Object.assign(new Error(describeError(error)), { stack: '' })
    })
    if (!(at instanceof Date)) return
    await job.moveToDelayed(Date.now() + at.getTime() - now().getTime(), token)
    throw new DelayedError()
  }
}
