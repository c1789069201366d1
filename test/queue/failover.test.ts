// Redis as it is in production: two of them, of which one is the master, and a way to it that leads elsewhere one day.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RedisServer, startRedisServer } from '../../sandbox/redis.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { createQueueBackend, type QueueBackend } from '../../src/queue/backend.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import { IDENTITY, putProcess } from '../sidekiq/recorded.ts'
import { startBot, startStorySlack } from '../support/bot.ts'
import { nodeRuns } from '../support/built.ts'
import { demoDatabase } from '../support/database.ts'
import { approveRequest, CHANNEL, sendRequest } from '../support/lifecycle.ts'
import { HAS_OPENSSL, makeCertificate, withTls } from '../support/redis-tls.ts'
import { readText } from '../support/slack/index.ts'
import { startSwitch } from '../support/switch.ts'

const servers: RedisServer[] = []
const ends: (() => Promise<unknown>)[] = []
let master: RedisServer
let replica: RedisServer

beforeEach(async () => {
  master = await start()
  replica = await start()
  await replica.say('replicaof', '127.0.0.1', String(master.port))
  await expect.poll(() => replica.say('info', 'replication')).toContain('master_link_status:up')
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  for (const server of servers.splice(0)) await server.stop()
})

async function start(...given: Parameters<typeof startRedisServer>): Promise<RedisServer> {
  const server = await startRedisServer(...given)
  servers.push(server)
  return server
}

/** The replica becomes the master, and the master its replica; connections to either stay. */
async function swapRoles(): Promise<void> {
  await replica.say('replicaof', 'no', 'one')
  await master.say('replicaof', '127.0.0.1', String(replica.port))
  await expect.poll(() => master.say('info', 'replication')).toContain('role:slave')
}

function open(settings: Parameters<typeof createQueueBackend>[0]): QueueBackend {
  const backend = createQueueBackend(settings, pino({ level: 'silent' }))
  ends.push(() => backend.close())
  return backend
}

/** The same with two queues, which are told of the same connection, and what is logged. */
function openLogged(settings: Parameters<typeof createQueueBackend>[0]) {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) })
  const backend = createQueueBackend(settings, log)
  for (const name of ['ways', 'others']) backend.openQueue(name)
  ends.push(() => backend.close())
  return { backend, lines }
}

/** However often it was tried meanwhile. */
async function expectToldOnce(lines: readonly string[]): Promise<void> {
  await sleep(1_000)
  expect(lines).not.toEqual([])
  expect(new Set(lines).size).toBe(lines.length)
}

/** Jobs go through it, in and out. */
async function expectToWork(backend: QueueBackend): Promise<void> {
  const done: string[] = []
  const queue = backend.openQueue('ways')
  const worker = backend.startWorker('ways', async ({ name }) => void done.push(name), { concurrency: 1 })
  await queue.add('one', {}, { jobId: randomUUID() })
  await expect.poll(() => done).toEqual(['one'])
  await backend.ping()
  await worker.close()
  await queue.close()
}

describe('a failover that leaves connections on what is a replica now', () => {
  test('is got over by the queue: what is added again is done, and readiness tries a write', async () => {
    const way = await startSwitch(master.port)
    ends.push(() => way.stop())
    const backend = open({ backend: 'redis', url: `redis://127.0.0.1:${way.port}` })
    const done: string[] = []
    const queue = backend.openQueue('failover')
    const worker = backend.startWorker('failover', async ({ name }) => void done.push(name), { concurrency: 1 })
    ends.push(
      () => queue.close(),
      () => worker.close(),
    )
    await queue.add('before', {}, { jobId: 'before' })
    await expect.poll(() => done).toEqual(['before'])

    await swapRoles()
    await expect(backend.ping()).rejects.toThrow('READONLY')
    way.turnTo(replica.port)
    await expect
      .poll(() =>
        queue.add('after', {}, { jobId: 'after' }).then(
          () => 'added',
          () => 'refused',
        ),
      )
      .toBe('added')
    await expect.poll(() => done).toEqual(['before', 'after'])
    await expect
      .poll(() =>
        backend.ping().then(
          () => 'ready',
          () => 'not ready',
        ),
      )
      .toBe('ready')
  })

  test('is got over by what is written to Register’s Sidekiq', async () => {
    const registers = new Redis(`redis://127.0.0.1:${master.port}`)
    ends.push(async () => registers.disconnect())
    await putProcess(registers, IDENTITY)
    const way = await startSwitch(master.port)
    ends.push(() => way.stop())
    const sidekiq = createSidekiqClient({ url: `redis://127.0.0.1:${way.port}` }, { warn: () => {} })
    ends.push(async () => sidekiq.close())
    const job = { name: 'update-trainee', trainee: '5901' } as const
    const push = () =>
      sidekiq.write({ kind: 'push', job, at: null }, { id: randomUUID(), now: new Date() }).catch(() => 'refused')
    expect(await push()).toBe('done')
    await expect.poll(() => replica.say('llen', 'queue:dttp')).toBe(1)
    await swapRoles()
    way.turnTo(replica.port)
    await expect.poll(push).toBe('done')
    expect(await replica.say('llen', 'queue:dttp')).toBe(2)
  })

  test('holds up no approval', async () => {
    const way = await startSwitch(master.port)
    const scratch = await demoDatabase()
    const slack = await startStorySlack()
    const env = { QUEUE_BACKEND: 'redis', REDIS_URL: `redis://127.0.0.1:${way.port}` }
    const bot = await startBot(slack, scratch.appUrl, { env })
    ends.push(
      () => way.stop(),
      () => scratch.drop(),
      () => slack.stop(),
      () => bot.stop(),
    )
    const says = (words: string) => slack.messages(CHANNEL).some((message) => readText(message).includes(words))
    await approveRequest(bot.changes, await sent('assessment_only'))
    await slack.until(() => says('CR-1 is done'))
    await swapRoles()
    way.turnTo(replica.port)
    await approveRequest(bot.changes, await sent('provider_led_postgrad'))
    await slack.until(() => says('CR-2 is done'))

    async function sent(route: string): Promise<ChangeRequest> {
      const [trainee] = await bot.changes.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
      const form = { subject: trainee.slug, route, reason: 'Asked for', ticket: '' }
      return sendRequest(bot.changes, 'fix-route', form)
    }
  })

  test('is followed where Sentinels say who the master is', async () => {
    const sentinel = await start((port) => `port ${port}\nsentinel monitor queue 127.0.0.1 ${master.port} 1`, {
      sentinel: true,
    })
    const sentinels = [{ host: '127.0.0.1', port: sentinel.port }]
    const backend = open({ backend: 'redis', url: 'redis://queue/3', sentinels })
    await expectToWork(backend)
    await expect
      .poll(() => sentinel.say('sentinel', 'replicas', 'queue').then((found) => (found as unknown[]).length))
      .toBe(1)
    await expect.poll(() => sentinel.say('sentinel', 'failover', 'queue').catch(() => 'not yet')).toBe('OK')
    await expect.poll(() => replica.say('info', 'replication')).toContain('role:master')
    await expect
      .poll(() =>
        backend.ping().then(
          () => 'ready',
          () => 'not ready',
        ),
      )
      .toBe('ready')
    await expectToWork(open({ backend: 'redis', url: 'redis://queue/3', sentinels }))
  })
})

describe('a master that is frozen, and closes no connection,', () => {
  const SOON = 'sentinel down-after-milliseconds queue 1000\nsentinel failover-timeout queue 5000'

  test('is given up for the one that the Sentinels name, a frozen Sentinel passed over', async () => {
    const watch = (port: number) => `port ${port}\nsentinel monitor queue 127.0.0.1 ${master.port} 1\n${SOON}`
    const [frozen, sentinel] = [await start(watch, { sentinel: true }), await start(watch, { sentinel: true })]
    const sentinels = [frozen, sentinel].map(({ port }) => ({ host: '127.0.0.1', port }))
    const settings = { url: 'redis://queue/0', sentinels }
    const sidekiq = createSidekiqClient(settings, { warn: () => {} })
    ends.push(async () => sidekiq.close())
    const done: string[] = []
    const backend = open({ backend: 'redis', ...settings })
    const queue = backend.openQueue('frozen')
    const worker = backend.startWorker('frozen', async ({ name }) => void done.push(name), { concurrency: 1 })
    ends.push(
      () => queue.close(),
      () => worker.close(),
    )
    await queue.add('before', {}, { jobId: 'before' })
    await expect.poll(() => done).toEqual(['before'])
    const read = () =>
      sidekiq.readProcesses().then(
        () => 'read',
        () => 'not read',
      )
    expect(await read()).toBe('read')

    process.kill(frozen.pid, 'SIGSTOP')
    await sentinel.say('sentinel', 'reset', 'queue') // of two that had found one another, one alone elects nobody
    await expect
      .poll(() => sentinel.say('sentinel', 'replicas', 'queue').then((found) => (found as unknown[]).length))
      .toBe(1)
    process.kill(master.pid, 'SIGSTOP')
    await expect.poll(() => replica.say('info', 'replication')).toContain('role:master')
    void queue.add('after', {}, { jobId: 'after' }).catch(() => {}) // it is added when there is a Redis again
    await expect.poll(() => done).toEqual(['before', 'after'])
    await expect.poll(read).toBe('read')
  })
})

describe('a Redis', () => {
  test('with users needs no more rights than the documents say', async () => {
    await master.say(...'acl setuser chatops on >s3cret resetchannels'.split(' '), ...ACL)
    await expectToWork(open({ backend: 'redis', url: `redis://chatops:s3cret@127.0.0.1:${master.port}/0` }))
  })

  test.skipIf(!HAS_OPENSSL)(
    `with TLS is reached by rediss://${HAS_OPENSSL ? '' : ' (left out: no openssl)'}`,
    async () => {
      let certificate = ''
      const tls = await start((port, directory) => {
        const made = makeCertificate(directory)
        certificate = made.cert
        return `${withTls(port, made)}\nsave ""`
      })
      const settings = JSON.stringify({ backend: 'redis', url: `rediss://127.0.0.1:${tls.port}/0` })
      const child = promisify(execFile)(process.execPath, [...nodeRuns('test/queue/one-job.ts'), settings], {
        env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificate },
      })
      expect((await child).stdout).toBe('the job was run\n')
    },
  )

  test.each([
    ['does not take the password', 'chatops:wrong@', 'Redis is not reached (ReplyError WRONGPASS).'],
    ['has no such user', 'nobody:s3cret@', 'Redis is not reached (ReplyError WRONGPASS).'],
    ['wants a password', '', 'Redis is not reached (ReplyError NOAUTH).'],
  ])('that %s says so in its own first word, and the log once', async (_what, user, warning) => {
    const guarded = await start((port) => `port ${port}\nsave ""\n${USERS}`)
    const { backend, lines } = openLogged({ backend: 'redis', url: `redis://${user}127.0.0.1:${guarded.port}/0` })
    await expect.poll(() => backend.warnings(), { timeout: 60_000 }).toEqual([warning])
    await expectToldOnce(lines)
    await expect(backend.ping()).rejects.toThrow()
  })

  test('that lets the user write nothing says so', async () => {
    await master.say(...'acl setuser reader on >s3cret ~* +@read +@connection +info'.split(' '))
    const backend = open({ backend: 'redis', url: `redis://reader:s3cret@127.0.0.1:${master.port}/0` })
    await expect
      .poll(() => backend.warnings(), { timeout: 60_000 })
      .toEqual(['Redis takes no writes (ReplyError NOPERM).'])
  })

  test('whose Sentinels want a password says so', async () => {
    const sentinel = await start(
      (port) => `port ${port}\nrequirepass s3cret\nsentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      { sentinel: true },
    )
    const sentinels = [{ host: '127.0.0.1', port: sentinel.port }]
    const { backend, lines } = openLogged({ backend: 'redis', url: 'redis://mymaster/0', sentinels })
    await expect
      .poll(() => backend.warnings(), { timeout: 60_000 })
      .toEqual(['Redis is not reached (the Sentinels say NOAUTH).'])
    await expectToldOnce(lines)
  })

  test('that may drop keys is warned of', async () => {
    const url = `redis://127.0.0.1:${master.port}`
    expect(await open({ backend: 'redis', url }).warnings()).toEqual([])
    await master.say('config', 'set', 'maxmemory-policy', 'allkeys-lru')
    expect(await open({ backend: 'redis', url }).warnings()).toEqual([expect.stringContaining('it is allkeys-lru')])
  })
})

const USERS = 'user default on >s3cret ~* +@all\nuser chatops on >s3cret ~* +@all'

/** As docs/installing.md has it. */
const ACL = ['~bull:*', '+@all', '-@admin', '-@dangerous', '+info', '+client|setname']
