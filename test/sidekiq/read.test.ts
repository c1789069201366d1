import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import type { JobPage, RegisterJob } from '../../src/sidekiq/job.ts'
import { judgeVersion } from '../../src/sidekiq/version.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { memberOf, putProcess, putRecorded, recorded } from './recorded.ts'

const url = redisDatabase(4)
const redis = new Redis(url)
const sidekiq = createSidekiqClient({ url }, { warn: () => {} })

beforeEach(() => redis.flushdb())
afterAll(() => {
  sidekiq.close()
  redis.disconnect()
})

async function readAll(): Promise<JobPage> {
  const all: JobPage = { place: 'queue', jobs: [], strange: [] }
  for await (const { jobs, strange } of sidekiq.readWaiting()) {
    all.jobs.push(...jobs)
    all.strange.push(...strange)
  }
  return all
}

const inPlace = (jobs: readonly RegisterJob[], place: string) => jobs.filter((job) => job.place === place)

describe('what Register’s own jobs left', () => {
  beforeEach(() => putRecorded(redis))

  test('is found wherever it is, with its class, trainee and times', async () => {
    const { jobs, strange } = await readAll()
    expect(inPlace(jobs, 'queue')).toHaveLength(recorded.queued.length)
    expect(inPlace(jobs, 'schedule')).toHaveLength(recorded.scheduled.length)
    expect(inPlace(jobs, 'retry')).toHaveLength(recorded.retry.length)
    expect(inPlace(jobs, 'dead')).toHaveLength(recorded.dead.length - 1)
    expect(strange).toMatchObject([{ place: 'dead', score: '1795850099.7807436', why: 'not-json' }])
    expect(jobs.find(({ jid }) => jid === '7109ce8b30b5cbf1e5ef274f')).toMatchObject({
      className: 'Dttp::RetrieveTrnJob',
      name: 'retrieve-trn',
      trainee: '5901',
      queue: 'default',
      jobId: 'bf35bca5-fe66-41fb-be5e-563331e4ab67',
      retries: true,
      errorClass: 'TypeError',
      failure: { code: 'unexpected', urn: null },
      args: { timeoutAt: '2026-12-02T07:14:58.035367374Z' },
    })
  })

  test('is named by its score as Redis writes it and by the SHA-1 that Redis makes of it', async () => {
    const { jobs } = await readAll()
    for (const job of jobs.filter(({ score }) => score !== null)) {
      const [member = ''] = await redis.zrangebyscore(job.place, job.score ?? '', job.score ?? '')
      expect(await redis.eval('return redis.sha1hex(ARGV[1])', 0, member)).toBe(job.sha1)
      expect(await sidekiq.findMember(job)).toEqual(job)
      expect(await sidekiq.findMember({ ...job, sha1: '0'.repeat(40) })).toBeNull()
    }
    const [queued] = inPlace(jobs, 'queue')
    expect(queued && (await sidekiq.findMember(queued))).toBeNull()
  })

  test('says each argument that matters', async () => {
    const { jobs } = await readAll()
    const argsOf = (jid: string) => jobs.find((job) => job.jid === jid)?.args
    expect(argsOf('d703674c2a7636ee41633fb4')).toEqual({ submittedBy: '85c550d0-a251-4e57-ad92-e48bbbeed39b' })
    const status = 'Prospective trainee - TREFNO requested'
    expect(argsOf('04dd953b458e77eaee240a44')).toEqual({ status, entity: 'contact' })
    expect(argsOf('52b3aaa7501c4d32e5381fc1')).toEqual({ status, entity: 'placement_assignment' })
    expect(argsOf('2e07f04773f0a1db20830047')).toEqual({ timeoutAt: null })
    expect(argsOf('1be3b0b6e89012b0e607496e')).toEqual({ timeoutAt: '2026-11-28T08:13:26.413608823Z' })
    expect(argsOf('0dff8bcd3720782852ecc96d')).toEqual({ isLaterPage: false })
    expect(argsOf('02083e2fabb50aed6bd6b5cb')).toEqual({ isLaterPage: true })
    expect(argsOf('1b5bcafe6e83e4664b839571')).toEqual({})
  })

  test('says what failed by a code, and a wait between attempts is no failure', async () => {
    const { jobs } = await readAll()
    const codes = inPlace(jobs, 'dead').map(({ name, failure }) => `${name}: ${failure?.code}`)
    expect(codes.sort()).toEqual([
      'null: unexpected',
      'register-for-trn: school-not-active',
      'retrieve-trn: unexpected',
      'update-trainee: gone',
      'update-trainee: school-not-active',
      'update-trainee: trainee-gone',
      'update-trainee: unexpected',
    ])
    const waiting = jobs.find(({ jid }) => jid === 'aa4e0e4070758234dcba9337')
    expect(waiting).toMatchObject({ place: 'schedule', executions: 1, failure: null })
    expect(JSON.stringify(jobs)).not.toMatch(/x-ms-service|Cannot find record|implicit conversion|WHERE/)
  })

  test('tells what runs, and who runs it', async () => {
    const { processes, jobs, strange } = await sidekiq.readProcesses()
    expect(processes).toMatchObject([
      { queues: ['default', 'dttp', 'mailers'], isQuiet: false, version: null, measuresRedis: true },
    ])
    expect(jobs).toMatchObject([{ place: 'running', name: 'register-for-trn', trainee: '5901', score: null }])
    expect(strange).toEqual([])
    expect(judgeVersion(processes, false)).toEqual({ mayWrite: true, version: '6.2 to 6.4.1' })
  })

  test('is found by trainee in every place', async () => {
    const jobs = await sidekiq.findJobsOf(['5901'])
    expect(new Set(jobs.map(({ place }) => place))).toEqual(new Set(['queue', 'schedule', 'retry', 'dead', 'running']))
    expect(await sidekiq.findJobsOf(['337'])).toHaveLength(2)
    expect(await sidekiq.findJobsOf(['59'])).toEqual([])
  })
})

describe('members that are no job of Register’s', () => {
  test.each([
    ['not json', 'not-json'],
    ['', 'not-json'],
    ['{"class":', 'not-json'],
    [Buffer.from([0xff, 0xfe, 0x00]), 'not-json'],
    ['[]', 'no-job'],
    ['"text"', 'no-job'],
    ['null', 'no-job'],
    ['7', 'no-job'],
    [JSON.stringify({ class: 'X', args: ['x'.repeat(200_000)] }), 'too-long'],
    [`${'['.repeat(40_000)}${']'.repeat(40_000)}`, 'no-job'],
  ])('are counted: %#', async (member, why) => {
    await redis.zadd('dead', 1.5, member)
    await redis.lpush('queue:default', member)
    const { jobs, strange } = await readAll()
    expect(jobs).toEqual([])
    expect(strange.map((one) => one.why)).toEqual([why, why])
    expect(strange[0]?.sha1).toBe(await redis.eval('return redis.sha1hex(ARGV[1])', 0, member))
  })

  test.each([
    {},
    { class: 5, args: {}, jid: {}, created_at: 'x', error_message: [], queue: 7 },
    { class: '<!channel>', wrapped: 'constructor', jid: '<!here>', error_class: '<script>' },
    { class: 'A::B', args: [{ job_class: '__proto__', arguments: [{ _aj_globalid: 'gid://x/Trainee/1;2' }] }] },
    { class: 'A', args: [{ arguments: [{ _aj_globalid: 'gid://register/User/5' }] }], created_at: 1e300 },
    { class: 'A', args: [null], failed_at: -1, retry_count: 1e99, queue: '../../x' },
  ])('have only what can be read: %j', async (payload) => {
    await redis.zadd('retry', 'inf', JSON.stringify(payload))
    const { jobs, strange } = await readAll()
    expect(strange).toEqual([])
    expect(jobs).toMatchObject([
      { trainee: null, jid: null, score: 'inf', at: null, createdAt: null, queue: 'default' },
    ])
    expect(JSON.stringify(jobs)).not.toMatch(/channel|here|script|proto|constructor|\.\./)
  })

  test('without a jid or a wrapped class are jobs all the same', async () => {
    const { jid: _jid, wrapped: _wrapped, ...rest } = recorded.queued[0] ?? {}
    await redis.lpush('queue:default', memberOf({ ...rest, sentry_user: { id: 'x' } }))
    const { jobs } = await readAll()
    expect(jobs).toMatchObject([{ jid: null, className: 'Dttp::RetrieveTrnJob', trainee: '5901' }])
  })
})

describe('other versions', () => {
  const [job] = recorded.queued

  test('8 writes milliseconds and another wrapper, and is read alike', async () => {
    const wrapper = { class: 'Sidekiq::ActiveJob::Wrapper', created_at: 1795850005276, enqueued_at: 1795850005277 }
    await redis.lpush('queue:default', memberOf({ ...job, ...wrapper }))
    await redis.lpush('queue:default', memberOf(job))
    const [older, newer] = (await readAll()).jobs
    expect(newer?.createdAt?.toISOString()).toBe('2026-11-28T07:13:25.276Z')
    expect(older?.createdAt).toEqual(newer?.createdAt)
    expect(older).toMatchObject({ className: 'Dttp::RetrieveTrnJob', trainee: '5901' })
  })

  test('7 keeps what runs under another key', async () => {
    await putProcess(redis, 'vm:1:a', { version: '7.3.9' })
    const work = { queue: 'default', payload: memberOf(job), run_at: 1795850021 }
    await redis.hset('vm:1:a:work', 't1', JSON.stringify(work))
    const { jobs, processes } = await sidekiq.readProcesses()
    expect(jobs).toMatchObject([{ place: 'running', trainee: '5901', at: new Date('2026-11-28T07:13:41Z') }])
    expect(judgeVersion(processes, false)).toMatchObject({ mayWrite: false, isPassing: false })
  })

  test('6.4.2 to 6.5 do not say their version, and are known by where they keep what runs', async () => {
    await putProcess(redis, 'vm:1:a')
    expect(judgeVersion((await sidekiq.readProcesses()).processes, false)).toMatchObject({ mayWrite: true })
    await redis.hset('vm:1:a:work', 't1', JSON.stringify({ queue: 'default', payload: memberOf(job), run_at: 1 }))
    const { jobs, processes } = await sidekiq.readProcesses()
    expect(jobs).toMatchObject([{ place: 'running', trainee: '5901' }])
    expect(judgeVersion(processes, false)).toMatchObject({
      mayWrite: false,
      why: expect.stringContaining('version 6.4.2 to 6.5'),
    })
  })

  test('and while they run nothing, by what they ran before', async () => {
    await putProcess(redis, 'vm:1:a')
    const idle = (await sidekiq.readProcesses()).processes
    expect(judgeVersion(idle, true)).toMatchObject({ mayWrite: false, isPassing: false })
    await redis.hset('vm:1:a:workers', 't1', JSON.stringify({ queue: 'default', payload: memberOf(job), run_at: 1 }))
    expect(judgeVersion((await sidekiq.readProcesses()).processes, true)).toMatchObject({ mayWrite: true })
  })

  test('are not written to unless they were tried, and that is said', async () => {
    await putProcess(redis, 'vm:1:a')
    await putProcess(redis, 'vm:2:b', { version: '8.0.1' })
    const { processes } = await sidekiq.readProcesses()
    expect(judgeVersion(processes, false)).toMatchObject({
      why: 'Register’s Sidekiq is version 8.0.1. The bot reads its jobs, but it was not tried with it, so it starts, retries and removes none.',
    })
    await redis.hdel('vm:1:a', 'rtt_us')
    await redis.del('vm:2:b')
    expect(judgeVersion((await sidekiq.readProcesses()).processes, false)).toMatchObject({
      why: expect.stringContaining('older than 6.2'),
    })
    await redis.del('vm:1:a')
    expect(judgeVersion((await sidekiq.readProcesses()).processes, false)).toMatchObject({
      mayWrite: false,
      isPassing: true,
    })
  })
})

test('what stays is found, however much moves meanwhile', async () => {
  const numbered = (number: number) => memberOf({ ...recorded.queued[0], jid: String(number).padStart(24, '0') })
  const many = Array.from({ length: 3_000 }, (_, number) => number)
  await redis.lpush('queue:default', ...many.map(numbered))
  await redis.zadd('retry', ...many.flatMap((number) => [number, numbered(number)]))
  const seen = { queue: new Set<string>(), retry: new Set<string>() }
  let pushed = 10_000
  for await (const { place, jobs } of sidekiq.readWaiting()) {
    for (const { jid } of jobs) if (place === 'queue' || place === 'retry') seen[place].add(jid ?? '')
    // Half of the jobs leave, from either end, and others come.
    await redis.lpush('queue:default', ...Array.from({ length: 50 }, () => numbered(pushed++)))
    await redis.rpop('queue:default', 100)
    await redis.zpopmin('retry', 50)
    await redis.zadd('retry', ...Array.from({ length: 50 }, () => [pushed, numbered(pushed++)]).flat())
  }
  const stayed = async (members: Promise<string[]>) =>
    (await members).map((member) => JSON.parse(member).jid as string).filter((jid) => Number(jid) < 3_000)
  for (const jid of await stayed(redis.lrange('queue:default', 0, -1))) expect(seen.queue).toContain(jid)
  for (const jid of await stayed(redis.zrange('retry', 0, -1))) expect(seen.retry).toContain(jid)
})
