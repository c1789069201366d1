// The rights that docs/installing.md has an operator give to the bot's user are enough, and no more than that.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSidekiqClient, type SidekiqClient } from '../../src/sidekiq/index.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { putRecorded } from './recorded.ts'

const PAGE = new URL('../../docs/installing.md', import.meta.url)
const PASSWORD = 'not-a-secret'
const NOW = new Date('2026-11-28T08:00:00Z')

const url = new URL(redisDatabase(2))
const admin = new Redis(url.href)
const user = `chatops-${url.pathname.slice(1)}`
let sidekiq: SidekiqClient
let own: Redis

beforeAll(async () => {
  const [, rules = ''] = /redis-cli ACL SETUSER chatops (.*)/.exec(readFileSync(PAGE, 'utf8')) ?? []
  const words = rules.split(' ').map((word) => word.replaceAll("'", '').replace('>PASSWORD', `>${PASSWORD}`))
  await admin.call('ACL', 'SETUSER', user, ...words)
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
