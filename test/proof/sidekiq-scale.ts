// Register's Sidekiq as it may be in the night: how long a sweep takes, how long it holds Redis up with any one command,
// and how soon `/trainee jobs` answers.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { listJobs } from '../../src/jobs/list/list.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import { sha1Of } from '../../src/sidekiq/member.ts'
import type { Writing } from '../../src/sidekiq/write.ts'
import { IDENTITY, putProcess } from '../sidekiq/recorded.ts'
import { createLifecycle } from '../support/lifecycle.ts'

type Scale = { dead: number; scheduled: number; queued: number; say: (progress: string) => void }

/** No command may keep Redis, and with it Sidekiq, for longer. */
const LONGEST_COMMAND_MS = 10
const LISTS = 20

export async function proveSidekiqScale(place: { appUrl: string; redisUrl: string }, scale: Scale) {
  const redis = new Redis(place.redisUrl)
  const sidekiq = createSidekiqClient({ url: place.redisUrl }, { warn: () => {} })
  const world = await createLifecycle(place.appUrl, {})
  world.upstreams = { ...world.upstreams, sidekiq }
  try {
    await redis.flushdb()
    await fill(redis, scale)
    scale.say('filled')
    const before = process.memoryUsage().rss
    const first = await measured(redis, () => sweepSidekiq(world, sidekiq))
    const second = await measured(redis, () => sweepSidekiq(world, sidekiq))
    const writes = await measured(redis, () => writeEach(redis, sidekiq))
    const grown = process.memoryUsage().rss - before
    scale.say('swept twice')
    const list = await timeLists(world)
    const kept = await world.database.query<{ place: string; count: number }[]>(
      'SELECT place, count(*)::int AS count FROM chatops.mirrored_jobs GROUP BY place ORDER BY place',
    )
    const counts = Object.fromEntries(kept.map((row) => [row.place, row.count]))
    const wanted = { dead: scale.dead, queue: scale.queued, schedule: scale.scheduled }
    return {
      sweeps: [first, second].map(({ seconds, commands, longestMs }) => ({ seconds, commands, longestMs })),
      writes: { commands: writes.commands, longestMs: writes.longestMs },
      memoryMb: Math.round(grown / 1e6),
      listMs: list,
      kept: counts,
      problems: [
        ...(JSON.stringify(counts) === JSON.stringify(wanted) ? [] : ['not every job is in the mirror, or some twice']),
        ...(second.result?.changed === 0 ? [] : ['a sweep wrote although nothing had changed']),
        ...(writes.result.every((answer) => answer === 'done') ? [] : ['a script of ours did not find its job']),
        ...[first, second, writes].flatMap(({ longestMs }) =>
          longestMs > LONGEST_COMMAND_MS ? [`a command kept Redis for ${longestMs} ms`] : [],
        ),
      ],
    }
  } finally {
    sidekiq.close()
    redis.disconnect()
    await world.database.destroy()
  }
}

const EACH = 50

/** Pushes, retries, removals and replacements, each a script; and a look for a trainee's jobs, as each preview has it. */
async function writeEach(redis: Redis, sidekiq: ReturnType<typeof createSidekiqClient>) {
  await putProcess(redis, IDENTITY)
  const members = async (place: 'dead' | 'schedule') => {
    const found = await redis.zrange(place, 0, 2 * EACH - 1, 'WITHSCORES')
    return Array.from({ length: found.length / 2 }, (_, index) => {
      const sha1 = sha1Of(Buffer.from(found[2 * index] ?? ''))
      return { place, queue: 'default', score: found[2 * index + 1] ?? '', sha1 }
    })
  }
  const [dead, scheduled] = [await members('dead'), await members('schedule')]
  const job = { name: 'update-trainee', trainee: '1' } as const
  const writings: Writing[] = [
    ...dead.map((member, index): Writing => ({ kind: index % 2 ? 'retry' : 'remove', member })),
    ...scheduled.map((one, index): Writing => ({ kind: 'push', job, at: null, instead: index % 2 ? [one] : [] })),
  ]
  const answers: string[] = []
  for (const writing of writings) {
    answers.push(await sidekiq.write(writing, { id: randomUUID(), now: new Date() }))
  }
  await sidekiq.findJobsOf(['1'])
  return answers
}

const AT_ONCE = 1_000

async function fill(redis: Redis, { dead, scheduled, queued }: Scale): Promise<void> {
  const now = Date.now() / 1000
  await inBatches(dead, (index, pipeline) => {
    pipeline.zadd('dead', now - index, member('Dttp::UpdateTraineeJob', index, FAILED))
  })
  await inBatches(scheduled, (index, pipeline) => {
    pipeline.zadd('schedule', now + index, member('Dttp::RetrieveTrnJob', index))
  })
  await inBatches(queued, (index, pipeline) => {
    pipeline.lpush('queue:dttp', member('Dttp::UpdateTraineeJob', index))
  })

  async function inBatches(count: number, add: (index: number, pipeline: ReturnType<Redis['pipeline']>) => void) {
    for (let start = 0; start < count; start += AT_ONCE) {
      const pipeline = redis.pipeline()
      for (let index = start; index < Math.min(start + AT_ONCE, count); index++) add(index, pipeline)
      await pipeline.exec()
    }
  }
}

/** As long as what DTTP's answers are stored as. */
const FAILED = {
  error_class: 'Dttp::Client::HttpError',
  error_message: `status: 400, body: {"error": {"message": "Cannot find record to be updated"}}${' '.repeat(2_000)}`,
  failed_at: 1_795_850_099,
  retry_count: 0,
}

function member(className: string, index: number, more: object = {}): string {
  const until = {
    _aj_serialized: 'ActiveJob::Serializers::TimeWithZoneSerializer',
    value: '2030-01-02T03:04:05.123456789Z',
  }
  const trainee = { _aj_globalid: `gid://register-trainee-teachers/Trainee/${index + 1}` }
  return JSON.stringify({
    ...{ retry: 0, queue: 'dttp', class: 'ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper', wrapped: className },
    args: [
      {
        ...{ job_class: className, job_id: randomUUID(), provider_job_id: null, queue_name: 'dttp', priority: null },
        arguments: className === 'Dttp::RetrieveTrnJob' ? [trainee, until] : [trainee],
        ...{
          executions: 0,
          exception_executions: {},
          locale: 'en',
          timezone: 'UTC',
          enqueued_at: '2026-11-28T07:13:25Z',
        },
      },
    ],
    ...{
      jid: randomUUID().replaceAll('-', '').slice(0, 24),
      created_at: 1_795_850_005.276593,
      enqueued_at: 1_795_850_005.277,
    },
    ...more,
  })
}

/** What a sweep takes, and the longest of its commands as Redis itself has measured it. */
async function measured<T>(redis: Redis, act: () => Promise<T>) {
  await redis.config('SET', 'slowlog-max-len', '100000')
  await redis.config('SET', 'slowlog-log-slower-than', '0')
  await redis.slowlog('RESET')
  const began = performance.now()
  const result = await act()
  const seconds = Math.round(performance.now() - began) / 1000
  await redis.config('SET', 'slowlog-log-slower-than', '-1')
  const entries = (await redis.slowlog('GET', '100000')) as [number, number, number, string[]][]
  const read = entries.filter(([, , , [command = '']]) => /SCAN|LRANGE|RANGE|MGET|EVAL/i.test(command))
  const longestMs = Math.max(0, ...read.map(([, , micros]) => micros)) / 1000
  return { result, seconds, commands: read.length, longestMs }
}

async function timeLists(world: Awaited<ReturnType<typeof createLifecycle>>) {
  const times: number[] = []
  for (let index = 0; index < LISTS; index++) {
    const began = performance.now()
    await listJobs(world, { name: null, trainee: null }, 1 + (index % 3))
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))] ?? 0)
  return { median: at(0.5), slowest: at(1) }
}
