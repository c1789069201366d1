import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { NotWritable } from '../../src/sidekiq/errors.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import type { RegisterJob } from '../../src/sidekiq/job.ts'
import { payloadOf } from '../../src/sidekiq/payload.ts'
import type { Writing } from '../../src/sidekiq/write.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { IDENTITY, memberOf, putProcess, putRecorded, recorded } from './recorded.ts'

const url = redisDatabase(5)
const redis = new Redis(url)
const sidekiq = createSidekiqClient({ url }, { warn: () => {} })
const NOW = new Date('2026-11-28T08:00:00.123Z')

beforeEach(async () => {
  await redis.flushdb()
  await putRecorded(redis)
})
afterAll(() => {
  sidekiq.close()
  redis.disconnect()
})

const write = (writing: Writing, id: string = randomUUID()) => sidekiq.write(writing, { id, now: NOW })
const find = async (trainee: string, place: string): Promise<RegisterJob> => {
  const job = (await sidekiq.findJobsOf([trainee])).find((one) => one.place === place)
  if (!job) throw new Error('there is no such job')
  return job
}
/** Everything but what concerns our own marks. */
async function whole(): Promise<unknown> {
  const sets = ['schedule', 'retry', 'dead'].map((set) => redis.zrange(set, 0, -1, 'WITHSCORES'))
  const queues = ['default', 'dttp'].map((queue) => redis.lrange(`queue:${queue}`, 0, -1))
  return Promise.all([...sets, ...queues, redis.smembers('queues')])
}

describe('what is pushed', () => {
  test.each([
    ['2e07f04773f0a1db20830047', { name: 'retrieve-trn', trainee: '5901', timeoutAt: null }],
    ['7e562d4f80c5317c78c305bf', { name: 'retrieve-trn', trainee: '5901', timeoutAt: '2026-12-02 07:13:25.275262904' }],
    [
      'd703674c2a7636ee41633fb4',
      { name: 'register-for-trn', trainee: '5901', submittedBy: '85c550d0-a251-4e57-ad92-e48bbbeed39b' },
    ],
    [
      '04dd953b458e77eaee240a44',
      {
        name: 'change-trainee-status',
        trainee: '5901',
        status: 'Prospective trainee - TREFNO requested',
        entity: 'contact',
      },
    ],
    [
      '52b3aaa7501c4d32e5381fc1',
      {
        name: 'change-trainee-status',
        trainee: '5901',
        status: 'Prospective trainee - TREFNO requested',
        entity: 'placement_assignment',
      },
    ],
    ['1b5bcafe6e83e4664b839571', { name: 'update-trainee', trainee: '5901' }],
    ['0dff8bcd3720782852ecc96d', { name: 'sync-schools' }],
  ] as const)('is field by field what Register’s own perform_later pushed: %s', (jid, job) => {
    const own = recorded.queued.find((one) => one.jid === jid)
    const id = randomUUID()
    const ours = JSON.parse(payloadOf(job, { id, now: NOW, later: false }))
    const times = { created_at: NOW.getTime() / 1000, enqueued_at: NOW.getTime() / 1000 }
    const [inner] = own?.args ?? []
    const args = [{ ...inner, job_id: id, enqueued_at: '2026-11-28T08:00:00Z' }]
    expect(ours).toEqual({ ...own, args, jid: expect.stringMatching(/^[0-9a-f]{24}$/), ...times })
    expect(JSON.parse(payloadOf(job, { id, now: NOW, later: true }))).not.toHaveProperty('enqueued_at')
  })

  test('is never a job whose time cannot be read', () => {
    for (const timeoutAt of ['', 'soon', '2026-13', '01/02/2026']) {
      const job = { name: 'retrieve-trn', trainee: '1', timeoutAt } as const
      expect(() => payloadOf(job, { id: randomUUID(), now: NOW, later: false })).toThrow('not a timestamp')
    }
  })
})

describe('whatever is written is written once', () => {
  const job = { name: 'update-trainee', trainee: '5901' } as const

  test('or never, if it is prevented before; what was written already is said to be so, however often', async () => {
    const [never, written] = [randomUUID(), randomUUID()]
    const push = { kind: 'push', job, at: null } as const
    await write(push, written)
    const before = await whole()
    expect([await sidekiq.prevent(never), await sidekiq.prevent(never)]).toEqual([true, true])
    expect([await sidekiq.prevent(written), await sidekiq.prevent(written)]).toEqual([false, false])
    expect(await write(push, never)).toBe('prevented')
    expect(await whole()).toEqual(before)
    expect(await sidekiq.prevent(never)).toBe(true)
  })

  const WRITINGS: Record<string, () => Promise<Writing>> = {
    push: async () => ({ kind: 'push', job, at: null }) as const,
    later: async () => ({ kind: 'push', job, at: new Date('2026-11-29T08:00:00Z') }) as const,
    retry: async () => ({ kind: 'retry', member: await find('337', 'dead') }) as const,
    remove: async () => ({ kind: 'remove', member: await find('337', 'dead') }) as const,
    instead: async () => ({ kind: 'push', job, at: null, instead: [await find('5901', 'schedule')] }) as const,
  }

  test.each(Object.entries(WRITINGS))('%s', async (_kind, find) => {
    const writing = await find()
    const before = await whole()
    const id = randomUUID()
    expect(await write(writing, id)).toBe('done')
    const after = await whole()
    expect(after).not.toEqual(before)
    expect(await Promise.all([write(writing, id), write(writing, id)])).toEqual(['done', 'done'])
    expect(await whole()).toEqual(after)
    const [mark, ...others] = await redis.keys('trainee-chatops:*')
    expect([mark, others]).toEqual([`trainee-chatops:sent:${id}`, []])
    expect(await redis.ttl(mark ?? '')).toBeGreaterThan(29 * 86_400)
  })

  test('by many at once', async () => {
    const member = await find('337', 'dead')
    const dead = await redis.zcard('dead')
    const answers = await Promise.all(Array.from({ length: 20 }, () => write({ kind: 'retry', member })))
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'moved')).toHaveLength(19)
    expect(await redis.zcard('dead')).toBe(dead - 1)
  })
})

describe('a job that is not where it was', () => {
  test.each(['retry', 'remove', 'push'] as const)('is left alone, and nothing is pushed: %s', async (kind) => {
    const member = await find('337', 'dead')
    const job = { name: 'sync-schools' } as const
    const writing: Writing = kind === 'push' ? { kind, job, at: null, instead: [member] } : { kind, member }
    await redis.zremrangebyscore('dead', member.score ?? '', member.score ?? '')
    const before = await whole()
    expect(await write(writing)).toBe('moved')
    expect(await whole()).toEqual(before)
    expect(await redis.keys('trainee-chatops:*')).toEqual([])
  })

  test('keeps others from being taken out with it', async () => {
    const [one, other] = [await find('337', 'dead'), await find('5901', 'schedule')]
    const writing: Writing = { kind: 'push', job: { name: 'sync-schools' }, at: null, instead: [one, other] }
    const id = randomUUID()
    await redis.zadd(
      'schedule',
      'XX',
      1,
      (await redis.zrangebyscore('schedule', other.score ?? '', other.score ?? ''))[0] ?? '',
    )
    const before = await whole()
    expect(await write(writing, id)).toBe('moved')
    expect(await whole()).toEqual(before)
    const moved = { ...other, score: '1' }
    expect(await write({ ...writing, instead: [one, moved] }, id)).toBe('done')
    expect(await sidekiq.findMember(one)).toBeNull()
    expect(await sidekiq.findMember(moved)).toBeNull()
  })

  test('is not another one of the same score', async () => {
    const member = await find('337', 'dead')
    await redis.zadd('dead', member.score ?? '', 'another', member.score ?? '', '{}')
    await redis.zrem(
      'dead',
      (await redis.zrangebyscore('dead', member.score ?? '', member.score ?? '')).find((one) => one.includes('337')) ??
        '',
    )
    expect(await write({ kind: 'remove', member })).toBe('moved')
    expect(await redis.zscore('dead', 'another')).toBe(member.score)
  })

  test('and has a neighbour of the same score is taken out alone', async () => {
    const member = await find('337', 'dead')
    await redis.zadd('dead', member.score ?? '', 'another')
    expect(await write({ kind: 'remove', member })).toBe('done')
    expect(await redis.zscore('dead', 'another')).toBe(member.score)
    expect(await sidekiq.findMember(member)).toBeNull()
  })
})

test('what cannot be read is removed, but not run again', async () => {
  await redis.zadd('dead', 5, '{"class":"X"}')
  for await (const { jobs, strange } of sidekiq.readWaiting()) {
    const [member] = [...jobs, ...strange].filter(({ score }) => score === '5')
    if (!member) continue
    expect(await write({ kind: 'retry', member })).toBe('unreadable')
    expect(await write({ kind: 'remove', member })).toBe('done')
  }
  expect(await redis.zscore('dead', '{"class":"X"}')).toBeNull()
})

test.each(['running', 'queue'])('what is %s is left where it is', async (place) => {
  const before = await whole()
  expect(await write({ kind: 'remove', member: await find('5901', place) })).toBe('moved')
  expect(await whole()).toEqual(before)
})

test('a retry keeps what the job was, and has one retry less', async () => {
  const member = await find('322', 'retry')
  const was = JSON.parse((await redis.zrangebyscore('retry', member.score ?? '', member.score ?? ''))[0] ?? '')
  await redis.del('queue:default')
  await write({ kind: 'retry', member })
  const [now = ''] = await redis.lrange('queue:default', 0, -1)
  expect(JSON.parse(now)).toEqual({ ...was, retry_count: was.retry_count - 1, enqueued_at: NOW.getTime() / 1000 })
})

describe('nothing is written to', () => {
  const writing = { kind: 'push', job: { name: 'sync-schools' }, at: null } as const
  const refused = async (isPassing: boolean, why: RegExp) => {
    const before = await whole()
    const error = await write(writing).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NotWritable)
    expect(error).toMatchObject({ isPassing, why: expect.stringMatching(why) })
    expect(await whole()).toEqual(before)
  }

  test('a version that was not tried', async () => {
    await putProcess(redis, 'vm:2:b', { version: '7.2.4' })
    await refused(false, /is version 7\.2\.4\. .* not tried/)
  })

  test('6.4.2 to 6.5 that run nothing, where they were seen before', async () => {
    const newer = { id: randomUUID(), now: NOW, wasNewer: true }
    await redis.del(`${IDENTITY}:workers`)
    await expect(sidekiq.write(writing, newer)).rejects.toMatchObject({ isPassing: false })
    expect(await sidekiq.write(writing, { ...newer, wasNewer: false })).toBe('done')
  })

  test('6.4.2 to 6.5, once they run something', async () => {
    await redis.hset(`${IDENTITY}:work`, 't1', JSON.stringify({ queue: 'default', payload: '{}', run_at: 1 }))
    await refused(false, /is version 6\.4\.2 to 6\.5\. .* not tried/)
  })

  test('a Sidekiq of which no process lives', async () => {
    await redis.del(...(await redis.smembers('processes')))
    await refused(true, /No process/)
  })

  test('a queue that no process serves', async () => {
    await redis.del(...(await redis.smembers('processes')), 'processes')
    await putProcess(redis, 'vm:3:c', { queues: ['default'] })
    await refused(true, /serves the queue dttp/)
  })
})

test('a member that is written as Ruby writes it is known by its bytes, not by its meaning', async () => {
  const job = memberOf(recorded.queued[6]).replace('"retry":0', '"retry": 0.0')
  await redis.zadd('dead', '1795452175.9999999', job.replace('/5901', '/77'))
  const member = await find('77', 'dead')
  expect(await write({ kind: 'remove', member: { ...member, score: '1795452175.9999998' } })).toBe('moved')
  expect(await write({ kind: 'remove', member })).toBe('done')
})
