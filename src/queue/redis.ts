import { type Command, Redis, type RedisOptions } from 'ioredis'
import pTimeout from 'p-timeout'
import { describeError, redisCodeOf } from '../error-facts.ts'
import {
  endSilenceWithSocket,
  isAtReplica,
  SILENCE,
  type SidekiqSettings,
  sentinelOptions,
} from '../sidekiq/connection.ts'
import { type Tell, whyUnreached } from './tell.ts'

/** How our own Redis is reached: as Register's. */
export type RedisSettings = SidekiqSettings

/** A lost machine says nothing; the system then asks whether it is still there. */
const KEEP_ALIVE_MS = 10_000

/**
 * A connection to our own Redis, or to the master that its Sentinels name. It re-establishes itself, also after a
 * failover.
 */
export function connectRedis(settings: RedisSettings, tell: Tell): QuietRedis {
  const options: RedisOptions = {
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    keepAlive: KEEP_ALIVE_MS,
    reconnectOnError: isAtReplica,
    ...SILENCE,
  }
  const redis = settings.sentinels
    ? new QuietRedis({ ...options, ...sentinelOptions(new URL(settings.url), settings) })
    : new QuietRedis(settings.url, options)
  endSilenceWithSocket(redis)
  redis.on('error', (error: Error) => tell(error, 'redis is not answering'))
  return redis
}

/** Where BullMQ's keys are; this one is ours. */
const PROBE = 'bull:trainee-chatops:readiness'

/** Throws unless Redis takes a write: a replica answers a ping, too. */
export async function demandWritable(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') throw new Error('redis is not connected')
  await redis.set(PROBE, '1', 'EX', 60)
}

/** Whoever asks has other things to say as well, and does not wait for a Redis that is away. */
const SAYS_WITHIN_MS = 1_500

/**
 * Why no job can be kept in Redis; nothing where it can, or where Redis has not answered yet.
 * @param lastError of the connection
 */
export async function findRefusal(redis: Redis, lastError: Error | undefined): Promise<string[]> {
  if (redis.status !== 'ready') return lastError ? [`Redis is not reached (${whyUnreached(lastError)}).`] : []
  return pTimeout(demandWritable(redis), { milliseconds: SAYS_WITHIN_MS }).then(
    () => [],
    (error: unknown) => [`Redis takes no writes (${describeError(error)}).`],
  )
}

/** What Redis is set up to do that BullMQ does not bear; nothing if it does not say. */
export async function findEviction(redis: Redis): Promise<string[]> {
  const memory = await pTimeout(redis.info('memory'), { milliseconds: SAYS_WITHIN_MS }).catch(() => '')
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction'
  if (policy === 'noeviction') return []
  return [`Redis may drop jobs when its memory is full: set maxmemory-policy to noeviction (it is ${policy}).`]
}

/**
 * A connection to Redis whose errors say only Redis's code. BullMQ keeps the words of an error in Redis as why a job
 * failed, and what the rest of those words quote is not ours to keep.
 */
export class QuietRedis extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const { reject } = command
    command.reject = (error) => reject(withoutWords(error))
    return super.sendCommand(command, stream)
  }

  /** BullMQ makes a second connection like the one that it is given. */
  override duplicate(more: Partial<RedisOptions> = {}): QuietRedis {
    const redis = new QuietRedis({ ...this.options, ...more })
    endSilenceWithSocket(redis)
    return redis
  }
}

function withoutWords(error: Error): Error {
  if (error.name !== 'ReplyError') return error
  const code = redisCodeOf(error) ?? 'ERR'
  return Object.assign(error, { message: code, stack: `ReplyError: ${code}` })
}
