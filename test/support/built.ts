// Our programs for tests that start processes, built as for production: such a process takes a quarter of the processor's time
// of one that compiles TypeScript first.
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { BUILT, programArguments } from '../../sandbox/built.ts'
import { markProcess } from '../../sandbox/processes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SANDBOX = join(ROOT, '.sandbox')
/** Whatever tests start, named by its path from the root. */
const PROGRAMS = [
  'src/main.ts',
  'src/cli.ts',
  'docs/draw-rooms.ts',
  'test/sandbox/start-postgres.ts',
  'test/queue/dying-worker.ts',
  'test/queue/one-job.ts',
  'test/sidekiq/one-push.ts',
  'test/proof/doomed-worker.ts',
  'test/proof/doomed-registration.ts',
  'test/proof/doomed-re-register.ts',
  'test/proof/sleeper.ts',
  'test/proof/stops/stopped-worker.ts',
] as const

type Program = (typeof PROGRAMS)[number]

/** Builds all of them once, for the processes of this run; the answer removes them. */
export function build(): () => void {
  const directory = join(SANDBOX, `built-${process.pid}`)
  const remove = (name: string) => rmSync(join(SANDBOX, name), { recursive: true, force: true })
  const before = existsSync(SANDBOX) ? readdirSync(SANDBOX) : []
  for (const name of before) if (/^built-\d+$/.test(name) && markProcess(Number(name.slice(6))) === null) remove(name)
  execFileSync(process.execPath, ['build.mjs', directory, ...PROGRAMS], { cwd: ROOT })
  copyFileSync(join(ROOT, 'manifest.yml'), join(directory, 'manifest.yml'))
  process.env[BUILT] = directory
  return () => remove(`built-${process.pid}`)
}

/** What node is told to run one of our programs. */
export function nodeRuns(file: Program): string[] {
  return programArguments(file)
}

/** Runs the command line with these settings and no others. */
export async function chatops(words: readonly string[], settings: Record<string, string>) {
  const env = { PATH: process.env['PATH'], ...settings }
  const run = promisify(execFile)(process.execPath, [...nodeRuns('src/cli.ts'), ...words], { cwd: ROOT, env })
  type Ended = { code: number; stdout: string; stderr: string }
  const { code, stdout, stderr }: Ended = await run.then(
    (said) => ({ code: 0, ...said }),
    (ended: Ended) => ended,
  )
  return { code, stdout, stderr, output: stdout + stderr }
}
