import type { Redis } from 'ioredis'
import * as z from 'zod'
import type { JobPage } from './job.ts'
import { parseJson, queueName, readMember, sidekiqTime } from './member.ts'
import { jobPageOf, scanNames } from './read.ts'

// Sidekiq's processes and what each of them runs. A job that runs is nowhere else, and here only from the next
// heartbeat on, up to five seconds later.

/** A process that is alive, or was until a minute ago at most. */
export type SidekiqProcess = {
  /** host:pid:nonce */
  identity: string
  startedAt: Date | null
  /** Its last heartbeat, by its own clock; they come every five seconds. */
  beatAt: Date | null
  /** Whether it was told to take nothing new. */
  isQuiet: boolean
  concurrency: number | null
  queues: string[]
  /** From 7.0 on a process says it. Null for 6. */
  version: string | null
  /** Whether it measures its way to Redis, as from 6.2 on: it tells those from older ones, which say no version either. */
  measuresRedis: boolean
  /** Where what it runs stands: `<identity>:workers`, or `<identity>:work`, as from 6.4.2 on. Null of one that runs nothing. */
  runsUnder: 'workers' | 'work' | null
}

type Running = { processes: SidekiqProcess[] } & JobPage

/** Processes read at most: Register has a handful. */
const MOST_PROCESSES = 200
/** Jobs that one process runs at most; Register's run five. */
const MOST_THREADS = 500

const info = z.object({
  started_at: sidekiqTime,
  concurrency: z.number().nullable().catch(null),
  queues: z.array(queueName).catch([]),
  version: z
    .string()
    .regex(/^\d{1,3}(\.\w{1,20}){0,4}$/)
    .nullable()
    .catch(null),
})

/** A thread's job. `payload` is the member's text; Sidekiq 6 and 7 write it as JSON in JSON, others may not. */
const work = z.object({
  queue: queueName,
  payload: z.union([z.string(), z.record(z.string(), z.unknown())]),
  run_at: sidekiqTime,
})

/** Reads every process whose hash is there, and what they run. A process that is named without one is dead. */
export async function readProcesses(redis: Redis): Promise<Running> {
  const running: Running = { place: 'running', processes: [], jobs: [], strange: [] }
  for await (const identity of scanNames(redis, 'processes')) {
    if (running.processes.length === MOST_PROCESSES) break
    const found = await readProcess(redis, identity)
    if (!found) continue
    const work = await readWork(redis, `${identity}:work`)
    const workers = await readWork(redis, `${identity}:workers`)
    const runsUnder = isEmpty(work) ? (isEmpty(workers) ? null : 'workers') : 'work'
    running.processes.push({ ...found, runsUnder })
    running.jobs.push(...work.jobs, ...workers.jobs)
    running.strange.push(...work.strange, ...workers.strange)
  }
  return running
}

async function readProcess(redis: Redis, identity: string): Promise<Omit<SidekiqProcess, 'runsUnder'> | null> {
  const [about, beat, quiet, way] = await redis.hmget(identity, 'info', 'beat', 'quiet', 'rtt_us')
  const read = info.safeParse(parseJson(about ?? ''))
  if (!read.success) return null
  const { started_at, concurrency, queues, version } = read.data
  return {
    identity,
    startedAt: started_at,
    beatAt: beat === null || beat === undefined ? null : sidekiqTime.parse(Number(beat)),
    isQuiet: quiet === 'true',
    concurrency,
    queues,
    version,
    measuresRedis: typeof way === 'string',
  }
}

function isEmpty({ jobs, strange }: JobPage): boolean {
  return jobs.length + strange.length === 0
}

async function readWork(redis: Redis, key: string): Promise<JobPage> {
  const found: Buffer[] = []
  let cursor = '0'
  do {
    const [next, pairs] = await redis.hscanBuffer(key, cursor, 'COUNT', 50)
    cursor = next.toString()
    found.push(...pairs.filter((_, index) => index % 2 === 1))
  } while (cursor !== '0' && found.length < MOST_THREADS)
  return jobPageOf('running', found, (thread) => {
    const read = work.safeParse(parseJson(thread.toString()))
    if (!read.success) return readMember(thread, { place: 'running', queue: null, score: null })
    const { payload, queue, run_at: at } = read.data
    const member = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
    return readMember(member, { place: 'running', queue, score: null, at })
  })
}
