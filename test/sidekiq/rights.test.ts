// The rights that docs/installing.md has an operator give to the bot's user are enough, and no more than that.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { putRecorded } from './recorded.ts'
import { documentedRights } from './rights.ts'

const PASSWORD = 'not-a-secret'
const NOW = new Date('2026-11-28T08:00:00Z')

const url = new URL(redisDatabase(2))
const admin = new Redis(url.href)
const user = `chatops-${url.pathname.slice(1)}`
let sidekiq: SidekiqClient
let own: Redis

beforeAll(async () => {
  await admin.call('ACL', 'SETUSER', user, ...documentedRights(PASSWORD))
  await admin.flushdb()
  await putRecorded(admin)
  Object.assign(url, { username: user, password: PASSWORD })
  sidekiq = createSidekiqClient({ url: url.href }, { warn: () => {} })
  own = new Redis(url.href, { enableReadyCheck: false })
})
afterAll(async () => {
  sidekiq.close()
  own.disconnect()
  await admin.call('ACL', 'DELUSER', user)
  admin.disconnect()
})

const write = (writing: Parameters<SidekiqClient['write']>[0]) => sidekiq.write(writing, { id: randomUUID(), now: NOW })

test('the bot’s user can read, push, retry and remove', async () => {
  await sidekiq.ping()
  const [dead] = (await sidekiq.findRegistrations(['337'])).filter(({ place }) => place === 'dead')
  const [later] = (await sidekiq.findJobsOf(['5901'])).filter(({ place }) => place === 'schedule')
  const job = { name: 'update-trainee', trainee: '1' } as const
  if (!dead || !later) throw new Error('nothing was read')
  expect(await write({ kind: 'retry', member: dead })).toBe('done')
  expect(await write({ kind: 'remove', member: later })).toBe('done')
  expect(await write({ kind: 'push', job, at: null })).toBe('done')
  expect(await write({ kind: 'push', job, at: new Date('2026-11-29T08:00:00Z') })).toBe('done')
  expect(await sidekiq.prevent(randomUUID())).toBe(true)
})

test.each([
  ['lpush', 'dead'],
  ['sadd', 'dead'],
  ['zrem', 'dead'],
  ['zadd', 'dead'],
  ['lpush', 'schedule'],
] as const)('without the right to %s nothing is done, and nothing lost; with it, all of it', async (right, place) => {
  await putRecorded(admin)
  const found = await sidekiq.findJobsOf(['5901'])
  const [member] = found.filter((one) => one.place === place)
  if (!member) throw new Error('nothing was read')
  const job = { name: 'update-trainee', trainee: '1' } as const
  const writing =
    place === 'dead'
      ? ({ kind: 'retry', member } as const)
      : ({ kind: 'push', job, at: null, instead: [member] } as const)
  const given = { id: randomUUID(), now: NOW }
  const count = async () => [
    ...(await Promise.all(['dead', 'schedule'].map((set) => admin.zcard(set)))),
    ...(await Promise.all(['queue:default', 'queue:dttp'].map((queue) => admin.llen(queue)))),
  ]
  const before = await count()
  await admin.call('ACL', 'SETUSER', user, `-${right}`)
  await expect(sidekiq.write(writing, given)).rejects.toMatchObject({ code: 'NOPERM' })
  await admin.call('ACL', 'SETUSER', user, `+${right}`)
  expect(await count()).toEqual(before)
  expect(await sidekiq.findMember(member)).toEqual(member)
  await expect.poll(() => admin.exists(`trainee-chatops:sent:${given.id}`)).toBe(0) // without the right to delete, it expires
  await expect.poll(() => sidekiq.write(writing, given)).toBe('done')
  expect(await count()).not.toEqual(before)
})

describe('and cannot', () => {
  test.each([
    ['keys', '*'],
    ['flushdb'],
    ['del', 'retry'],
    ['lrem', 'queue:dttp', '0', 'x'],
    ['set', 'stat:failed', '0'],
    ['lpush', 'host:1:abc-signals', 'TERM'],
    ['hset', 'cron_job:import_schools_from_dttp', 'status', 'disabled'],
    ['config', 'get', '*'],
    ['get', 'any-key'],
    ['eval', "return redis.call('del', KEYS[1])", '1', 'retry'],
  ])('%s', async (command, ...words) => {
    await expect(own.call(command, ...words)).rejects.toThrow(/NOPERM|ACL|can't run/)
  })
})
