// Starts, finds and stops the server of one cluster. Nothing here knows who else uses it.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { commandLine, isGoneWithin, isRunning, markProcess, type ProcessMark } from '../processes.ts'
import { type Account, runAs } from './account.ts'
import type { Binaries } from './binaries.ts'

export interface Server {
  cluster: string
  binaries: Binaries
  account: Account | undefined
  password: string
  logFile: string
  settings: Record<string, string>
}

/** Why a server ended before it answered. Two of these pass by trying again. */
export type LaunchResult = 'ready' | 'port-taken' | 'still-in-use' | { failed: string }

export function superuserUrl(port: number, password: string, database = 'postgres'): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`
}

/** The live server of this cluster, found by its pid file; a pid that now belongs to something else is none. */
export function findServer(cluster: string): (ProcessMark & { port: number }) | null {
  const lines = pidFile(cluster)
  const mark = lines && markProcess(Number(lines[0]))
  if (!mark || !commandLine(mark.pid).includes(cluster)) return null
  return { ...mark, port: Number(lines[3]) }
}

/** Removes a pid file that no live server stands behind; Postgres would refuse to start over it. */
export function removeStalePidFile(cluster: string): void {
  if (pidFile(cluster) && !findServer(cluster)) rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

/** Starts the server in its own process group and waits until it answers or ends. */
export async function launch(server: Server, port: number): Promise<LaunchResult> {
  const log = openSync(server.logFile, 'a')
  const logStart = statSync(server.logFile).size
  const settings = Object.entries({ ...server.settings, port: String(port) })
  const child = spawn(
    join(server.binaries.directory, 'postgres'),
    ['-D', server.cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...runAs(server.account), detached: true, stdio: ['ignore', log, log] },
  )
  closeSync(log)
  child.unref()
  const ended = waitForEnd(child)
  const ready = await Promise.race([ended, waitUntilAnswers(superuserUrl(port, server.password), child)])
  if (ready === 'answers') return 'ready'
  return classify(readFileSync(server.logFile).subarray(logStart).toString('utf8'), ready)
}

/** Whether a live server starts to answer as ours within 30 seconds. */
export async function waitForServer(mark: ProcessMark & { port: number }, password: string): Promise<boolean> {
  const deadline = Date.now() + 30_000
  while (isRunning(mark) && Date.now() < deadline) {
    if ((await ask(superuserUrl(mark.port, password))) === 'answers') return true
    await sleep(100)
  }
  return false
}

/** Fast shutdown: ends sessions, keeps the data; the immediate kind only when that takes over 20 seconds. */
export async function stopServer(cluster: string): Promise<void> {
  const found = findServer(cluster)
  if (!found) return
  process.kill(found.pid, 'SIGINT')
  if (await isGoneWithin(found, 20_000)) return
  process.kill(found.pid, 'SIGQUIT')
  await isGoneWithin(found, 10_000)
}

function pidFile(cluster: string): string[] | null {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
}

function waitForEnd(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`))
  })
}

async function waitUntilAnswers(url: string, child: ChildProcess): Promise<string> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if ((await ask(url)) === 'answers') return 'answers'
    await sleep(20)
  }
  return 'it did not answer within a minute'
}

async function ask(url: string): Promise<'answers' | 'silent'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return 'answers'
  } catch {
    return 'silent'
  } finally {
    await client.end().catch(() => {})
  }
}

function classify(log: string, reason: string): LaunchResult {
  if (/could not (bind|create any TCP\/IP sockets)/.test(log)) return 'port-taken'
  if (/shared memory block .* is still in use|lock file ".*" already exists/.test(log)) return 'still-in-use'
  return { failed: `Postgres did not start: ${reason}.\n${log.trim().split('\n').slice(-12).join('\n')}` }
}
