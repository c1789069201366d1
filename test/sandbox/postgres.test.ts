import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readState } from '../../sandbox/postgres/cluster.ts'
import { placeInMemory } from '../../sandbox/postgres/memory.ts'
import { destroyPostgres, type Postgres, startPostgres } from '../../sandbox/postgres.ts'
import { isRunning, markProcess } from '../../sandbox/processes.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { nodeRuns } from '../support/built.ts'

const STARTER = 'test/sandbox/start-postgres.ts'

const hasMemory = placeInMemory(tmpdir()) !== undefined

let dataDir: string
let starters: ChildProcess[]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'chatops postgres-'))
  starters = []
})

afterEach(async () => {
  for (const starter of starters) starter.kill('SIGKILL')
  await destroyPostgres(dataDir)
})

test('keeps its port and its data from one start to the next, and leaves nothing running in between', async () => {
  const first = await start()
  await query(first, 'CREATE TABLE kept (answer integer)')
  const pid = serverPid()
  await first.stop()
  expect(isServerAlive(pid)).toBe(false)
  await expect(query(first, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/)

  const second = await start()
  expect(second).toMatchObject({ port: first.port, adminUrl: first.adminUrl, adopted: false })
  expect(await query(second, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }])
})

test('adopts a server whose starter was killed, and can stop it', async () => {
  const orphaned = await startElsewhere()
  const pid = serverPid()
  await kill(orphaned.starter)
  expect(isServerAlive(pid)).toBe(true)

  const adopter = await start()
  expect(adopter).toMatchObject({ adopted: true, port: orphaned.port })
  expect(await query(adopter, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await adopter.stop()
  expect(isServerAlive(pid)).toBe(false)
})

test('lets two first starts at once share one server, which runs until both have stopped', async () => {
  const [elsewhere, here] = await Promise.all([startElsewhere(), start()])
  expect([elsewhere.adopted, here.adopted].sort()).toEqual([false, true])
  expect(here.adminUrl).toBe(elsewhere.adminUrl)
  const other = await start()

  await here.stop()
  expect(await query(other, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await other.stop()
  expect(await query(elsewhere, 'SELECT 1 AS one')).toEqual([{ one: 1 }])

  await kill(elsewhere.starter)
  const last = await start()
  await last.stop()
  await expect(query(last, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/)
})

test('starts over a pid file that a crash left behind, even where the pid now belongs to another program', async () => {
  const first = await start()
  const pid = serverPid()
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => isServerAlive(pid)).toBe(false)
  const stale = readFileSync(join(dataDir, 'cluster/postmaster.pid'), 'utf8')
  writeFileSync(join(dataDir, 'cluster/postmaster.pid'), stale.replace(/^\d+/, String(process.pid)))

  const second = await start()
  expect(second).toMatchObject({ adopted: false, port: first.port })
  expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('moves to another port when a stranger has taken its own', async () => {
  const first = await start()
  await first.stop()
  const stranger = createServer().listen(first.port, '127.0.0.1')
  await once(stranger, 'listening')
  try {
    const second = await start()
    expect(second.port).not.toBe(first.port)
    await second.stop()
    await expect(start({ port: first.port })).rejects.toThrow(`Port ${first.port} is taken by another program.`)
  } finally {
    stranger.close()
  }
})

test('finishes a first start that was killed half-way', async () => {
  const first = spawn(process.execPath, [...nodeRuns(STARTER), dataDir], { stdio: 'ignore' })
  starters.push(first)
  await expect.poll(hasBegunCluster, { interval: 5 }).toBe(true)
  await kill(first)

  const second = await start()
  expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

describe.skipIf(!hasMemory)('in memory', () => {
  const cluster = () => readState(dataDir)?.elsewhere ?? ''
  const inMemory = () => readdirSync('/dev/shm').map((name) => join('/dev/shm', name))

  test('the last user leaves nothing there', async () => {
    const [first, second] = [await start({ inMemory: true }), await start({ inMemory: true })]
    expect(inMemory()).toContain(cluster())
    await first.remove()
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    const pid = serverPid(cluster())
    await second.remove()
    expect(isServerAlive(pid)).toBe(false)
    expect(inMemory().filter((path) => path.startsWith(cluster()))).toEqual([])
  })

  test('what a killed run has left is adopted by the next, or removed by one on another data directory', async () => {
    const killed = await startElsewhere('in-memory')
    await kill(killed.starter)
    const adopter = await startElsewhere('in-memory')
    expect(adopter).toMatchObject({ adopted: true, port: killed.port })
    const pid = serverPid(cluster())

    const other = () => startPostgres({ dataDir: `${dataDir}/other`, fsync: false, inMemory: true })
    await (await other()).remove()
    expect(await query(adopter, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await kill(adopter.starter)
    await (await other()).remove()
    expect(isServerAlive(pid)).toBe(false)
    expect(inMemory().filter((path) => path.startsWith(cluster()))).toEqual([])
  })
})

function start(options: { port?: number; inMemory?: boolean } = {}): Promise<Postgres> {
  return startPostgres({ dataDir, fsync: false, ...options })
}

async function startElsewhere(
  ...options: 'in-memory'[]
): Promise<Pick<Postgres, 'port' | 'adminUrl' | 'adopted'> & { starter: ChildProcess }> {
  const starter = spawn(process.execPath, [...nodeRuns(STARTER), dataDir, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  starters.push(starter)
  const [line] = await once(starter.stdout, 'data')
  return { ...JSON.parse(String(line)), starter }
}

async function kill(starter: ChildProcess): Promise<void> {
  starter.kill('SIGKILL')
  await once(starter, 'exit')
}

function query({ adminUrl }: { adminUrl: string }, sql: string): Promise<unknown[]> {
  return withClient(adminUrl, async (client) => (await client.query(sql)).rows)
}

function serverPid(cluster = join(dataDir, 'cluster')): number {
  return Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
}

function isServerAlive(pid: number): boolean {
  const mark = markProcess(pid)
  return mark !== null && isRunning(mark)
}

function hasBegunCluster(): boolean {
  return readdirSync(dataDir).some(
    (name) => name.startsWith('cluster.') && existsSync(join(dataDir, name, 'PG_VERSION')),
  )
}
