// bin/demo as README tells of it: started, a second time beside it, and stopped. What a later start finds is in demo.test.ts.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whyNoLocalSlack } from '../../sandbox/local-slack.ts'
import { freePort } from '../../sandbox/ports.ts'
import { destroyPostgres, startPostgres } from '../../sandbox/postgres.ts'
import { withClient } from '../../sandbox/register/database.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const missing = whyNoLocalSlack()

let directory: string
const running = new Set<ChildProcess>()

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'chatops-demo-run-'))
})

afterAll(async () => {
  for (const child of running) if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'close')
  await destroyPostgres(join(directory, 'postgres'))
  rmSync(directory, { recursive: true, force: true })
  rmSync(`${directory}.lock`, { recursive: true, force: true })
})

/** Starts it in the folder of this test; `said` is all that it has printed. */
function start(...words: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/demo.ts', '--in', directory, ...words], {
    cwd: ROOT,
  })
  running.add(child)
  const demo = { child, said: '', ended: once(child, 'close').then(([code]) => code as number) }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      demo.said += text
    })
  }
  return demo
}

const traineeOnRoute = (number: number) =>
  withPostgres(async (sql) => {
    const { rows } = await sql.query<{ id: string }>('SELECT id FROM public.trainees WHERE training_route = $1', [
      number,
    ])
    return rows.map(({ id }) => Number(id))
  })

/** Looks into the demo's database, as long as nothing else runs in its folder. */
async function withPostgres<T>(look: (sql: pg.Client) => Promise<T>): Promise<T> {
  const postgres = await startPostgres({ dataDir: join(directory, 'postgres'), fsync: false })
  const address = new URL(postgres.adminUrl)
  address.pathname = '/register_demo'
  try {
    return await withClient(address.href, look)
  } finally {
    await postgres.stop()
  }
}

const started = async (...words: string[]) => {
  const demo = start('--port', String(await freePort()), ...words)
  await expect.poll(() => demo.said, { timeout: 120_000 }).toContain('The demo is running.')
  return demo
}

const stopped = async (demo: ReturnType<typeof start>) => {
  demo.child.kill('SIGINT')
  expect(await demo.ended).toBe(0)
}

test.skipIf(missing)(
  `says what to open and who is who, sends a second one to its page, and is stopped by Ctrl-C${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    const port = await freePort()
    const first = start('--port', String(port))
    await expect.poll(() => first.said).toMatch(/The demo is running[\s\S]*"bin\/demo --reset" starts again/)
    expect(first.said).toContain(`Open   http://127.0.0.1:${port}`)
    for (const words of ['Demo Support', 'Demo Developer', 'What to try', '/trainee fix-route']) {
      expect(first.said).toContain(words)
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<script>')

    const second = start()
    expect(await second.ended).toBe(1)
    expect(second.said).toContain(`Its page is http://127.0.0.1:${port}`)

    first.child.kill('SIGINT')
    expect(await first.ended).toBe(0)
    expect(first.said).toContain('Stopping')
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  },
)

test.skipIf(missing)(
  `started again it finds its data, and --reset begins anew${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    if (!existsSync(join(directory, 'postgres'))) await stopped(await started()) // the test above has done so
    await withPostgres((sql) => sql.query('UPDATE public.trainees SET training_route = 9 WHERE id = 5901'))
    await stopped(await started())
    expect(await traineeOnRoute(9)).toContain(5901)
    await stopped(await started('--reset'))
    expect(await traineeOnRoute(9)).not.toContain(5901)
  },
)
