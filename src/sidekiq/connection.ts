import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { describeError } from '../error-facts.ts'

/** How Register's Redis is reached. */
export type SidekiqSettings = {
  /**
   * As Sidekiq's own: redis:// or, with TLS, rediss://; user, password and number of the database are part of it. With
   * Sentinels its host is the master's name.
   */
  url: string
  sentinels?: readonly { host: string; port: number }[] | undefined
  sentinelUser?: string | undefined
  sentinelPassword?: string | undefined
}

/** Redis did not answer within this time. */
const COMMAND_MS = 10_000
const CONNECT_MS = 5_000

/**
 * For ioredis: a connection is given up once Redis has owed an answer, and said nothing, for this long. A machine that is
 * gone or frozen closes no connection, and the operating system notices after a quarter of an hour or never. BullMQ's
 * longest wait for a job, ten seconds, is an answer that nobody owes yet.
 */
export const SILENCE = { socketTimeout: 15_000 }

/**
 * Connects to Register's Redis. The connection re-establishes itself, also after a failover. While it is down, commands fail at once rather
 * than wait, and none is sent a second time by itself: it may have been carried out.
 */
export function connectSidekiq(settings: SidekiqSettings, log: Pick<Logger, 'warn'>): Redis {
  const url = new URL(settings.url)
  const options = {
    connectionName: 'trainee-chatops',
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    enableReadyCheck: false, // it would need the right to run INFO
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: true,
    retryStrategy: pauseAfter,
    sentinelRetryStrategy: pauseAfter,
    reconnectOnError: isAtReplica,
    ...SILENCE,
  }
  const redis = settings.sentinels
    ? new Redis({ ...options, ...sentinelOptions(url, settings) })
    : new Redis(settings.url, options)
  endSilenceWithSocket(redis)
  let isTold = false
  redis.on('ready', () => {
    isTold = false
  })
  redis.on('error', (error: Error) => {
    if (!isTold) log.warn({ error: describeError(error) }, 'Register’s Redis is not answering')
    isTold = true
  })
  return redis
}

/** For ioredis: a failover left the connection on what is a replica now. It takes no writes, and would refuse ours for ever. */
export function isAtReplica({ message }: Error): boolean {
  return /\b(READONLY|UNBLOCKED)\b/.test(message)
}

/** ioredis (5.11.1) goes on waiting for a socket that was closed meanwhile, and would then give up the one after it. */
export function endSilenceWithSocket(redis: Redis): void {
  redis.on('close', () => {
    clearTimeout(redis['socketTimeoutTimer'])
    redis['socketTimeoutTimer'] = undefined
  })
}

/** In milliseconds, twice as long after each attempt in vain, and five seconds at most. */
function pauseAfter(attempts: number): number {
  return Math.min(100 * 2 ** attempts, 5_000)
}

/**
 * For ioredis: the master that the Sentinels name, with user, password, database and TLS as the URL has them. With TLS the
 * Sentinels are asked over TLS as well.
 */
export function sentinelOptions(url: URL, { sentinels = [], sentinelUser, sentinelPassword }: SidekiqSettings) {
  const tls = url.protocol === 'rediss:' ? { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} } : {}
  return {
    name: url.hostname,
    sentinels: [...sentinels],
    sentinelCommandTimeout: CONNECT_MS, // one that is frozen is passed over
    ...(sentinelUser === undefined ? {} : { sentinelUsername: sentinelUser }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    db: Number(url.pathname.slice(1)) || 0,
    ...tls,
  }
}
