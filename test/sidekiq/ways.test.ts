// The ways to Register's Redis: Sentinels that name the master, with a password of their own, TLS, and the user whose
// rights the documents say.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RedisServer, startRedisServer } from '../../sandbox/redis.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'
import { nodeRuns } from '../support/built.ts'
import { type Certificate, HAS_OPENSSL, makeCertificate, withTls } from '../support/redis-tls.ts'
import { IDENTITY, putProcess } from './recorded.ts'
import { documentedRights } from './rights.ts'

const PASSWORD = 'not-a-secret'
const SENTINELS_PASSWORD = 'not-a-secret-either'
/** Sidekiq's is not the first database. */
const DATABASE = 2

const servers: RedisServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

async function start(...given: Parameters<typeof startRedisServer>): Promise<RedisServer> {
  const server = await startRedisServer(...given)
  servers.push(server)
  return server
}

const inDatabase = (port: number) => `redis://127.0.0.1:${port}/${DATABASE}`

async function startForSidekiq(): Promise<RedisServer> {
  const server = await start(undefined, { url: inDatabase })
  await server.say('acl', 'setuser', 'chatops', ...documentedRights(PASSWORD))
  return server
}

test('the master that Sentinels name is followed over a failover, as the bot’s user', async () => {
  const [master, replica] = [await startForSidekiq(), await startForSidekiq()]
  await replica.say('replicaof', '127.0.0.1', String(master.port))
  await expect.poll(() => replica.say('info', 'replication')).toContain('master_link_status:up')
  const registers = new Redis(inDatabase(master.port))
  await putProcess(registers, IDENTITY)
  registers.disconnect()
  const monitor = `sentinel monitor registers 127.0.0.1 ${master.port} 1`
  const sentinel = await start((port) => `port ${port}\n${monitor}\nrequirepass ${SENTINELS_PASSWORD}`, {
    sentinel: true,
    url: (port) => `redis://:${SENTINELS_PASSWORD}@127.0.0.1:${port}`,
  })
  const sidekiq = createSidekiqClient(
    {
      url: `redis://chatops:${PASSWORD}@registers/${DATABASE}`,
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      sentinelPassword: SENTINELS_PASSWORD,
    },
    { warn: () => {} },
  )
  try {
    const job = { name: 'update-trainee', trainee: '5901' } as const
    const push = (id: string) =>
      sidekiq.write({ kind: 'push', job, at: null }, { id, now: new Date() }).catch(() => 'refused')
    const first = randomUUID()
    expect(await push(first)).toBe('done')
    await expect.poll(() => replica.say('llen', 'queue:dttp')).toBe(1)

    const failOver = () => sentinel.say('sentinel', 'failover', 'registers').catch(() => 'not yet')
    await expect.poll(failOver, { timeout: 60_000 }).toBe('OK')
    await expect.poll(() => replica.say('role'), { timeout: 60_000 }).toContain('master')
    await expect.poll(() => master.say('role'), { timeout: 60_000 }).toContain('slave')
    // What was sent before is known there as well.
    await expect.poll(() => push(first), { timeout: 60_000 }).toBe('done')
    expect(await replica.say('llen', 'queue:dttp')).toBe(1)
    await expect.poll(() => push(randomUUID()), { timeout: 60_000 }).toBe('done')
    await expect.poll(() => replica.say('llen', 'queue:dttp'), { timeout: 60_000 }).toBe(2)
  } finally {
    sidekiq.close()
  }
})

test('Sentinels that have users are asked as the bot’s user there', async () => {
  const master = await startForSidekiq()
  const registers = new Redis(inDatabase(master.port))
  await putProcess(registers, IDENTITY)
  registers.disconnect()
  const monitor = `sentinel monitor registers 127.0.0.1 ${master.port} 1`
  const users = `user asker on >${SENTINELS_PASSWORD} +@all\nuser default off`
  const { port } = await start((at) => `port ${at}\n${monitor}\n${users}`, {
    sentinel: true,
    url: (at) => `redis://asker:${SENTINELS_PASSWORD}@127.0.0.1:${at}`,
  })
  const sidekiq = createSidekiqClient(
    {
      url: `redis://chatops:${PASSWORD}@registers/${DATABASE}`,
      sentinels: [{ host: '127.0.0.1', port }],
      ...{ sentinelUser: 'asker', sentinelPassword: SENTINELS_PASSWORD },
    },
    { warn: () => {} },
  )
  const job = { name: 'update-trainee', trainee: '5901' } as const
  const pushed = sidekiq.write({ kind: 'push', job, at: null }, { id: randomUUID(), now: new Date() })
  expect(await pushed.finally(() => sidekiq.close())).toBe('done')
})

describe.skipIf(!HAS_OPENSSL)(`with TLS${HAS_OPENSSL ? '' : ' (left out: no openssl)'}`, () => {
  let directory: string
  let certificate: Certificate
  let redis: Redis
  let port: number

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tls-'))
    certificate = makeCertificate(directory)
    port = (await start((at) => `${withTls(at, certificate)}\nsave ""`)).port
    redis = new Redis(port, '127.0.0.1', { tls: { rejectUnauthorized: false }, db: DATABASE })
    await putProcess(redis, IDENTITY)
    await redis.call('acl', 'setuser', 'chatops', ...documentedRights(PASSWORD))
  })
  afterEach(() => {
    redis.disconnect()
    rmSync(directory, { recursive: true, force: true })
  })

  /** What a process says that pushes a job; it trusts our certificate, or nobody's that is not known everywhere. */
  async function push(settings: object, { trusts }: { trusts: boolean }): Promise<string> {
    const env = { PATH: process.env['PATH'], ...(trusts ? { NODE_EXTRA_CA_CERTS: certificate.cert } : {}) }
    const args = [...nodeRuns('test/sidekiq/one-push.ts'), JSON.stringify(settings)]
    return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
  }

  test('it is reached by rediss://, where its certificate is trusted', async () => {
    const settings = { url: `rediss://chatops:${PASSWORD}@127.0.0.1:${port}/${DATABASE}` }
    expect(await push(settings, { trusts: true })).toBe('done')
    expect(await redis.llen('queue:dttp')).toBe(1)
    expect(await push(settings, { trusts: false })).toMatch(/^SidekiqUnavailable/)
    expect(await redis.llen('queue:dttp')).toBe(1)
  })

  test('so it is by Sentinels with TLS', async () => {
    const monitor = `sentinel monitor registers 127.0.0.1 ${port} 1`
    const sentinel = await start(
      (at) => `${withTls(at, certificate)}\ntls-replication yes\ntls-ca-cert-file ${certificate.cert}\n${monitor}`,
      { sentinel: true },
    )
    const url = `rediss://chatops:${PASSWORD}@registers/${DATABASE}`
    const settings = { url, sentinels: [{ host: '127.0.0.1', port: sentinel.port }] }
    expect(await push(settings, { trusts: true })).toBe('done')
    expect(await redis.llen('queue:dttp')).toBe(1)
  })
})
