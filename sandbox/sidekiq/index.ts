// A real Sidekiq with stubs of Register's jobs. It needs Ruby; bin/setup --sidekiq installs it on Debian.
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { endProcess, markProcess, type ProcessMark } from '../processes.ts'

const JOBS = fileURLToPath(new URL('register.rb', import.meta.url))

/** What a job got and whether it came to its end. Types and values are Ruby's. */
export type Ran = {
  what: 'began' | 'ended'
  job: string
  jobId: string
  jid: string
  queue: string
  arguments: { type: string; value: string }[]
}

/** What a job is told to do, in this order; without an order it works at once. */
export type Order = {
  /** How long it takes. */
  seconds?: number
  /** Whether it is enqueued once more, so many seconds later, as a poll without a TRN is; and until when it polls then. */
  again?: number
  until?: string
  /** The class of an error that it raises, and its message. */
  error?: string
  message?: string
}

export type SidekiqOptions = {
  redisUrl: string
  /** A database of Redis that is not Sidekiq's, for what the jobs are told and what they say. */
  notesUrl: string
  /**
   * Seconds that a job has to end after TERM; 25 in Register. With less than three, what is pushed back may be lost to a
   * thread of the same process that still waits for a job.
   */
  graceSeconds?: number
  /** About how often what is due is fetched from the sets. */
  pollSeconds?: number
  /** Who does what Register's jobs do (works.ts). Without them a job only does what it is told. */
  worksUrl?: string | undefined
}

export type RunningSidekiq = Awaited<ReturnType<typeof startSidekiq>>

/** Why there is no Sidekiq here; null where there is one. */
export function whyNoSidekiq(): string | null {
  const looked = spawnSync('ruby', ['-e', 'gem "sidekiq", "< 7"; gem "activejob"'], { stdio: 'ignore' })
  return looked.status === 0 ? null : 'Ruby’s Sidekiq is not installed here: bin/setup --sidekiq does it'
}

/** Resolves when it lives, which is when Redis says so. */
export async function startSidekiq({
  redisUrl,
  notesUrl,
  graceSeconds = 25,
  pollSeconds = 0.5,
  worksUrl = '',
}: SidekiqOptions) {
  const queues = ['default', 'dttp', 'mailers'].flatMap((queue) => ['-q', queue])
  const child = spawn('sidekiq', ['-r', JOBS, '-c', '5', '-t', String(graceSeconds), ...queues], {
    env: {
      ...process.env,
      ...{ REDIS_URL: redisUrl, NOTES_URL: notesUrl, POLL_SECONDS: String(pollSeconds), WORKS_URL: worksUrl },
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2_000)
  })
  child.once('error', () => {})
  const mark = markProcess(child.pid ?? 0)
  const redis = new Redis(redisUrl)
  const notes = new Redis(notesUrl)
  const close = () => [redis, notes].forEach((one) => void one.disconnect())
  if (!mark || !(await hasStarted(redis, mark))) {
    child.kill('SIGKILL')
    close()
    throw new Error(`Sidekiq did not start. ${said}`)
  }

  const tell = (job: string, order: Order | null, trainee?: number) => {
    const who = trainee === undefined ? job : `${job} ${trainee}`
    return order ? notes.hset('orders', who, JSON.stringify(order)) : notes.hdel('orders', who)
  }
  return {
    pid: mark.pid,
    process: mark,
    /** What the jobs have said so far, also of earlier Sidekiqs with the same notes. */
    ran: async (): Promise<Ran[]> => (await notes.lrange('ran', 0, -1)).map((one) => JSON.parse(one)),
    /** Tells a job what to do from now on, for one trainee or for all; null: work at once. */
    tell,
    /** Has Register no longer know a trainee. */
    forget: (trainee: number) => notes.sadd('gone', trainee),
    /** As a deploy does: TERM, and what is unfinished is pushed back. */
    async stop(): Promise<void> {
      await endProcess(mark, 'SIGTERM', (graceSeconds + 10) * 1000)
      close()
    },
    /** As the kernel does when memory runs out. */
    async kill(): Promise<void> {
      await endProcess(mark, 'SIGKILL', 10_000)
      close()
    },
  }
}

const START_WITHIN_MS = 60_000

async function hasStarted(redis: Redis, mark: ProcessMark): Promise<boolean> {
  const deadline = Date.now() + START_WITHIN_MS
  while (Date.now() < deadline && markProcess(mark.pid)?.began === mark.began) {
    const identities = await redis.smembers('processes').catch(() => [])
    if (identities.some((identity) => identity.split(':')[1] === String(mark.pid))) return true
    await sleep(50)
  }
  return false
}
