// Register's Sidekiq as it leaves its jobs in a real Redis, and what the bot makes of it, with a clock of its own.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach } from 'vitest'
import { tellOfMirrored } from '../../src/alerts/news/mirrored.ts'
import { verifyAgain } from '../../src/changes/requests.ts'
import { MirroredJob } from '../../src/entities/chatops/mirrored-job.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import type { World } from '../../src/world.ts'
import { useAlertStory } from '../alerts/alert-story.ts'
import { putProcess } from '../sidekiq/recorded.ts'
import { redisDatabase } from '../support/redis-database.ts'

const START = '2021-10-27T13:00:00.000Z'
export const IDENTITY = 'register:1:abc'

type Given = {
  trainee?: number | null
  args?: unknown[]
  jobId?: string
  /** Seconds from now, in a set. */
  inSeconds?: number
  error?: { class: string; message: string }
  retryCount?: number
  executions?: number
}

export function useMirror(overrides: () => Partial<World> = () => ({})) {
  const redis = new Redis(redisDatabase(6))
  const clock = { time: Date.parse(START) }
  let sidekiq: SidekiqClient
  const story = useAlertStory(() => {
    sidekiq = createSidekiqClient({ url: redisDatabase(6) }, { warn: () => {} })
    const given = overrides()
    const upstreams = { ...given.upstreams, sidekiq } as World['upstreams']
    return { now: () => new Date(clock.time), ...given, upstreams }
  })
  beforeEach(async () => {
    clock.time = Date.parse(START)
    await redis.flushdb()
    await putProcess(redis, IDENTITY)
  })
  afterEach(() => sidekiq.close())
  afterAll(() => redis.disconnect())

  const seconds = () => clock.time / 1000

  return Object.assign(story, {
    redis,
    clock,

    /** A member as Sidekiq writes it. */
    member(className: string, given: Given = {}): string {
      const { trainee = 5902, args = [], error, retryCount = 0, executions = 0 } = given
      const ofTrainee = trainee === null ? [] : [{ _aj_globalid: `gid://register-trainee-teachers/Trainee/${trainee}` }]
      const failure = error && {
        error_class: error.class,
        error_message: error.message,
        failed_at: seconds(),
        retry_count: retryCount,
      }
      return JSON.stringify({
        ...{ retry: true, queue: 'default', class: 'ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper' },
        wrapped: className,
        args: [
          {
            ...{ job_class: className, job_id: given.jobId ?? randomUUID(), provider_job_id: null },
            ...{ queue_name: 'default', priority: null, arguments: [...ofTrainee, ...args], executions },
            ...{ exception_executions: {}, locale: 'en', timezone: 'UTC' },
          },
        ],
        ...{ jid: randomUUID().replaceAll('-', '').slice(0, 24), created_at: seconds(), enqueued_at: seconds() },
        ...failure,
      })
    },

    /** Puts a job where it waits, failed or died; returns its member. */
    async put(place: 'queue' | 'schedule' | 'retry' | 'dead', className: string, given: Given = {}): Promise<string> {
      const member = this.member(className, given)
      await this.putMember(place, member, given.inSeconds)
      return member
    },

    async putMember(place: 'queue' | 'schedule' | 'retry' | 'dead', member: string, inSeconds = 0): Promise<void> {
      if (place === 'queue') await redis.lpush('queue:default', member)
      else await redis.zadd(place, seconds() + inSeconds, member)
    },

    async take(place: 'queue' | 'schedule' | 'retry' | 'dead', member: string): Promise<void> {
      const taken = place === 'queue' ? await redis.lrem('queue:default', 1, member) : await redis.zrem(place, member)
      if (taken !== 1) throw new Error('it is not there')
    },

    /** A process runs the job, and says so at its next heartbeat; without one, none does any more. */
    async runs(member: string | null): Promise<void> {
      await redis.del(`${IDENTITY}:workers`)
      const work = { queue: 'default', payload: member, run_at: Math.floor(seconds()) }
      if (member !== null) await redis.hset(`${IDENTITY}:workers`, 'a1', JSON.stringify(work))
    },

    /** A sweep, so many seconds after the last; then people are told. */
    async sweep(later = 15): Promise<void> {
      clock.time += later * 1000
      const swept = await sweepSidekiq(story.world, sidekiq)
      if (!swept) throw new Error('another sweep was under way')
      await tellOfMirrored(story.world, verifyAgain)
    },

    /** Has whatever writes such rows end in the middle. Answers how to let it go on. */
    async endAt(what: 'INSERT' | 'UPDATE', table: string, rows: string): Promise<() => Promise<unknown>> {
      await story.admin.query(`CREATE FUNCTION end_here() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'it ends here'; END$$`)
      await story.admin.query(`CREATE TRIGGER end_here BEFORE ${what} ON ${table} FOR EACH ROW WHEN (${rows})
        EXECUTE FUNCTION end_here()`)
      return () => story.admin.query('DROP FUNCTION end_here CASCADE')
    },

    rows: (): Promise<MirroredJob[]> =>
      story.world.database.manager.find(MirroredJob, { order: { createdAt: 'ASC', id: 'ASC' } }),

    async row(): Promise<MirroredJob> {
      const [row, ...more] = await this.rows()
      if (!row || more.length > 0) throw new Error(`there are ${row ? more.length + 1 : 0} rows`)
      return row
    },
  })
}

/** A time as ActiveJob writes it. */
export function aTime(value: string) {
  return { _aj_serialized: 'ActiveJob::Serializers::TimeWithZoneSerializer', value }
}
