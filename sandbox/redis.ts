// Redis servers of somebody's own: of the demo, or with a test's settings: a replica, a Sentinel, TLS, users.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'

export type RedisServer = {
  port: number
  pid: number
  /** Says something to it, and answers what it answered. */
  say: (...words: string[]) => Promise<unknown>
  stop: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `redis-server`, or with `sentinel` a Sentinel; `configure` is given the port and answers the configuration. */
export async function startRedisServer(
  configure: (port: number, directory: string) => string = plain,
  { sentinel = false, url = (port: number) => `redis://127.0.0.1:${port}` } = {},
): Promise<RedisServer> {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'redis-'))
  const file = join(directory, 'redis.conf')
  writeFileSync(file, `${configure(port, directory)}\nbind 127.0.0.1\ndir ${directory}\n`)
  const child = spawn('redis-server', [file, ...(sentinel ? ['--sentinel'] : [])], { stdio: 'ignore' })
  running.add(child)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error('redis-server ended at once')
    await sleep(20)
  }
  return {
    port,
    pid: child.pid ?? 0,
    async say(...[command = '', ...words]: string[]) {
      const redis = new Redis(url(port), { lazyConnect: true })
      redis.on('error', () => {})
      try {
        return await redis.call(command, ...words)
      } finally {
        redis.disconnect()
      }
    },
    async stop() {
      child.kill('SIGKILL')
      await ended
      running.delete(child)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Keeps nothing on disk. */
function plain(port: number): string {
  return `port ${port}\nsave ""\nappendonly no\nrepl-diskless-sync-delay 0`
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
