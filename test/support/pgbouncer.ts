// A real PgBouncer, in transaction mode unless told otherwise, in front of the run's Postgres.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../sandbox/ports.ts'

export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

/** `through` is a URL with PgBouncer's port in it. `ignoring` are parameters that it drops rather than refuses. */
export async function startPgBouncer(
  urls: readonly string[],
  ignoring = 'extra_float_digits',
  mode: 'transaction' | 'session' = 'transaction',
) {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
  const at = (name: string) => join(directory, name)
  const users = urls.map((url) => new URL(url)).map(({ username, password }) => `"${username}" "${password}"`)
  writeFileSync(at('users.txt'), `${users.join('\n')}\n`)
  const { hostname, port: target } = new URL(urls[0] ?? '')
  writeFileSync(
    at('pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${at('users.txt')}
pool_mode = ${mode}
default_pool_size = 20
ignore_startup_parameters = ${ignoring}
`,
  )
  chmodSync(directory, 0o755)
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('pgbouncer', ['-q', ...asNobody, at('pgbouncer.ini')], { stdio: 'ignore' })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended at once (${child.exitCode})`)
    await sleep(20)
  }
  return {
    through(url: string): string {
      const changed = new URL(url)
      changed.port = String(port)
      return changed.href
    },
    async stop() {
      end()
      await ended
      process.off('exit', end)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
