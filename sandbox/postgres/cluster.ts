// A Postgres data directory ("cluster") and what must be remembered about it from start to start.
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { freePort } from '../ports.ts'
import { type Account, canReach, reachableHome, runAs } from './account.ts'
import type { Binaries } from './binaries.ts'
import { placeInMemory, writeNote } from './memory.ts'

export interface ClusterState {
  port: number
  /** The superuser's. Loopback is open to every account on the machine, so even a sandbox has one. */
  password: string
  /** Set where the cluster had to be placed outside the data directory. */
  elsewhere?: string
}

export function clusterDirectory(dataDir: string, state: ClusterState): string {
  return state.elsewhere ?? join(dataDir, 'cluster')
}

/** What an earlier, finished initialisation left; null when there was none. */
export function readState(dataDir: string): ClusterState | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'state.json'), 'utf8'))
  } catch {
    return null
  }
}

export function writeState(dataDir: string, state: ClusterState): void {
  const draft = join(dataDir, 'state.json.new')
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 })
  renameSync(draft, join(dataDir, 'state.json'))
}

/** Where this data directory's cluster must lie, if not inside it: in memory, or where the account can reach it. */
export function placeCluster(
  dataDir: string,
  account: Account | undefined,
  options: { inMemory?: boolean | undefined },
): string | undefined {
  const memory = options.inMemory ? placeInMemory(dataDir) : undefined
  if (memory) return memory
  if (canReach(dataDir, account)) return undefined
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  return join(reachableHome(), `cluster-${name}`)
}

/** Throws when the cluster was made by another major version, which could not read it. */
export function demandSameMajor(cluster: string, binaries: Binaries): void {
  const found = Number(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'))
  if (found === binaries.major) return
  throw new Error(`${cluster} was made by Postgres ${found}; this is Postgres ${binaries.major}. Remove it first.`)
}

export function hasCluster(directory: string): boolean {
  return existsSync(join(directory, 'PG_VERSION'))
}

/**
 * Makes a new cluster in place of any that is not remembered, and remembers it once it is complete. It is made aside
 * and then renamed: the `initdb` of a killed starter may still be at work on its own.
 */
export async function createCluster(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  options: { port?: number | undefined; fsync: boolean; inMemory?: boolean | undefined },
): Promise<ClusterState> {
  const elsewhere = placeCluster(dataDir, account, options)
  const password = randomBytes(18).toString('hex')
  const state = { port: options.port ?? (await freePort()), password, ...(elsewhere ? { elsewhere } : {}) }
  const cluster = clusterDirectory(dataDir, state)
  removeCluster(cluster)
  writeNote(cluster, dataDir)
  const draft = `${cluster}.${randomUUID().slice(0, 8)}`
  mkdirSync(draft)
  chmodSync(draft, 0o700)
  if (account) chownSync(draft, account.uid, account.gid)
  initialise(draft, binaries, account, password, options.fsync)
  renameSync(draft, cluster)
  writeState(dataDir, state)
  return state
}

/** Removes a cluster that no server runs on, and what unfinished starts left beside it. */
export function removeCluster(cluster: string): void {
  for (const name of readdirSync(dirname(cluster))) {
    if (name !== basename(cluster) && !name.startsWith(`${basename(cluster)}.`)) continue
    rmSync(join(dirname(cluster), name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function initialise(
  cluster: string,
  binaries: Binaries,
  account: Account | undefined,
  password: string,
  fsync: boolean,
): void {
  // With careless ones a password is put through one round instead of 4,096: each connection of a test costs as many.
  const careless = fsync ? [] : ['--no-sync', ...(binaries.major >= 16 ? ['-c', 'scram_iterations=1'] : [])]
  const locale = binaries.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C']
  const passwordFile = `${cluster}.password`
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account) chownSync(passwordFile, account.uid, account.gid)
  const made = spawnSync(
    join(binaries.directory, 'initdb'),
    [
      ...['-D', cluster, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', ...careless, ...locale],
    ],
    { ...runAs(account), encoding: 'utf8' },
  )
  rmSync(passwordFile, { force: true })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
}
