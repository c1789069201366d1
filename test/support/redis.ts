// One real Redis for a test run: a child on a free loopback port that keeps nothing on disk.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../sandbox/ports.ts'
import { endProcess, isRunning, markProcess, type ProcessMark } from '../../sandbox/processes.ts'

interface Run {
  owner: ProcessMark
  redis: ProcessMark
}

export interface RunningRedis {
  url: string
  port: number
  stop(): Promise<void>
}

/**
 * Starts Redis, on a free port unless given; also ends those that killed runs left behind. `directory` holds one small
 * file per live run.
 */
export async function startRedis(directory: string, givenPort?: number): Promise<RunningRedis> {
  mkdirSync(directory, { recursive: true })
  await endLeftovers(directory)
  const port = givenPort ?? (await freePort())
  const network = ['--bind', '127.0.0.1', '--port', String(port), '--databases', '128']
  const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', directory]
  const child = spawn('redis-server', [...network, ...nothingOnDisk], { stdio: 'ignore', detached: true })
  const failure = new Promise<never>((_, reject) => {
    child.once('error', () => reject(new Error('redis-server is not installed. bin/test installs it.')))
    child.once('exit', (code) => reject(new Error(`redis-server ended at once (${code}).`)))
  })
  await Promise.race([waitForPort(port), failure])
  failure.catch(() => {})
  const run = { owner: markProcess(process.pid), redis: markProcess(child.pid ?? 0) } as Run
  const note = join(directory, `${process.pid}.json`)
  writeFileSync(note, JSON.stringify(run))
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    async stop() {
      await endProcess(run.redis, 'SIGTERM', 5_000)
      rmSync(note, { force: true })
    },
  }
}

async function endLeftovers(directory: string): Promise<void> {
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.json'))) {
    const run: Run = JSON.parse(readFileSync(join(directory, name), 'utf8'))
    if (isRunning(run.owner)) continue
    await endProcess(run.redis, 'SIGTERM', 5_000)
    rmSync(join(directory, name), { force: true })
  }
}

async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await answersPing(port))) {
    if (Date.now() > deadline) throw new Error('redis-server did not answer within 10 seconds.')
    await sleep(20)
  }
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const answer = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('data', (data) => answer(data.toString().startsWith('+PONG')))
    socket.once('error', () => answer(false))
  })
}
