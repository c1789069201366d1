// Embedded Postgres for the demo and the tests. It outlives a killed starter and is adopted by the next one;
// several processes may use it at once, and the last one to stop shuts it down.
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './lock.ts'
import { freePort } from './ports.ts'
import { serviceAccount } from './postgres/account.ts'
import { postgresBinaries } from './postgres/binaries.ts'
import {
  type ClusterState,
  clusterDirectory,
  createCluster,
  demandSameMajor,
  hasCluster,
  placeCluster,
  readState,
  removeCluster,
  writeState,
} from './postgres/cluster.ts'
import { clustersOfTheDead } from './postgres/memory.ts'
import {
  findServer,
  launch,
  removeStalePidFile,
  type Server,
  stopServer,
  superuserUrl,
  waitForServer,
} from './postgres/server.ts'
import { isRunning, markProcess } from './processes.ts'

export interface PostgresOptions {
  /** Holds the cluster, the port and the superuser's password. Made when missing. */
  dataDir: string
  /** Used instead of a random one; then a taken port is an error. */
  port?: number
  /** Off makes tests faster, and loses the data when the machine stops. On unless said otherwise. */
  fsync?: boolean
  /** On keeps the data in memory where there is room: for who removes it in the end. Off unless said otherwise. */
  inMemory?: boolean
  /** The server's time zone. Left alone, it is the machine's. */
  timezone?: string
}

export interface Postgres {
  port: number
  /** The superuser's URL to the database `postgres`. */
  adminUrl: string
  /** Whether the server was already running. */
  adopted: boolean
  /** Gives up our use of the server; shuts it down if nobody else uses it. */
  stop(): Promise<void>
  /** The same, and removes the data. */
  remove(): Promise<void>
}

/** Starts Postgres, or joins the one that runs on this data directory. Listens on 127.0.0.1 only. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dataDir = resolve(options.dataDir)
  await removeLeftovers(dataDir)
  mkdirSync(join(dataDir, 'users'), { recursive: true })
  chmodSync(dataDir, 0o755)
  const { state, adopted, lease } = await withLock(join(dataDir, 'lock'), async () => {
    const running = await start(dataDir, options)
    return { ...running, lease: takeLease(dataDir) }
  })
  return {
    port: state.port,
    adminUrl: superuserUrl(state.port, state.password),
    adopted,
    stop: () => stop(dataDir, lease, 'keep'),
    remove: () => stop(dataDir, lease, 'remove'),
  }
}

/** Stops the server of a data directory, whoever uses it, and removes everything it kept. */
export async function destroyPostgres(dataDirectory: string): Promise<void> {
  const dataDir = resolve(dataDirectory)
  const state = readState(dataDir)
  if (state) {
    await stopServer(clusterDirectory(dataDir, state))
    removeCluster(clusterDirectory(dataDir, state))
  }
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

async function start(dataDir: string, options: PostgresOptions): Promise<{ state: ClusterState; adopted: boolean }> {
  const account = serviceAccount()
  const binaries = postgresBinaries(account)
  const fsync = options.fsync ?? true
  let state = readState(dataDir)
  if (!state || !hasCluster(clusterDirectory(dataDir, state))) {
    await stopServer(placeCluster(dataDir, account, options) ?? join(dataDir, 'cluster'))
    state = await createCluster(dataDir, binaries, account, { ...options, fsync })
  }
  const cluster = clusterDirectory(dataDir, state)
  demandSameMajor(cluster, binaries)
  const { password } = state
  const logFile = join(dataDir, 'server.log')
  const server = { cluster, binaries, account, password, logFile, settings: settings(options, fsync) }
  return run(dataDir, server, { ...state, port: options.port ?? state.port }, options.port !== undefined)
}

async function run(dataDir: string, server: Server, state: ClusterState, isPortFixed: boolean) {
  for (let attempt = 0; attempt < 40; attempt++) {
    const running = findServer(server.cluster)
    if (running && (await waitForServer(running, server.password))) {
      return { state: remember(dataDir, { ...state, port: running.port }), adopted: true }
    }
    if (running) await stopServer(server.cluster)
    removeStalePidFile(server.cluster)
    const result = await launch(server, state.port)
    if (result === 'ready') return { state: remember(dataDir, state), adopted: false }
    if (typeof result === 'object') throw new Error(result.failed)
    if (result === 'still-in-use') await sleep(250)
    else if (isPortFixed) throw new Error(`Port ${state.port} is taken by another program.`)
    else state = { ...state, port: await freePort() }
  }
  throw new Error(`Postgres did not start on ${server.cluster}; see ${server.logFile}.`)
}

/** For data that nobody needs once the machine has stopped: nothing is written for its sake. */
const CARELESS = {
  ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  jit: 'off',
}

function settings(options: PostgresOptions, fsync: boolean): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(fsync ? {} : CARELESS),
    ...(options.timezone ? { timezone: options.timezone } : {}),
  }
}

function remember(dataDir: string, state: ClusterState): ClusterState {
  writeState(dataDir, state)
  return state
}

function takeLease(dataDir: string): string {
  const lease = join(dataDir, 'users', randomUUID())
  writeFileSync(lease, JSON.stringify(markProcess(process.pid)))
  return lease
}

async function stop(dataDir: string, lease: string, data: 'keep' | 'remove'): Promise<void> {
  await withLock(join(dataDir, 'lock'), async () => {
    rmSync(lease, { force: true })
    const state = readState(dataDir)
    if (!state || hasUsers(dataDir)) return
    await stopServer(clusterDirectory(dataDir, state))
    if (data === 'remove') removeCluster(clusterDirectory(dataDir, state))
  })
}

/** Frees the memory that killed runs hold on other data directories; what is left on our own is adopted. */
async function removeLeftovers(own: string): Promise<void> {
  for (const { cluster, dataDir } of clustersOfTheDead()) {
    if (dataDir === own) continue
    const remove = async () => {
      if (hasUsers(dataDir)) return
      await stopServer(cluster)
      removeCluster(cluster)
    }
    await (existsSync(dataDir) ? withLock(join(dataDir, 'lock'), remove) : remove())
  }
}

function hasUsers(dataDir: string): boolean {
  const directory = join(dataDir, 'users')
  return (
    existsSync(directory) &&
    readdirSync(directory).some((name) => {
      const lease = join(directory, name)
      const isAlive = isRunning(JSON.parse(readFileSync(lease, 'utf8')))
      if (!isAlive) rmSync(lease, { force: true })
      return isAlive
    })
  )
}
