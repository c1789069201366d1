// Our code as production runs it, for tests that start processes: such a process is up in half the time of one that has
// to compile TypeScript first.
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { markProcess } from '../../sandbox/processes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SANDBOX = join(ROOT, '.sandbox')
/** Where the run's processes find it. */
const BUILT = 'CHATOPS_BUILT'

/** Compiles everything once, for the processes of this run; the answer removes it. */
export function build(): () => void {
  const directory = join(SANDBOX, `built-${process.pid}`)
  const remove = (name: string) => rmSync(join(SANDBOX, name), { recursive: true, force: true })
  const before = existsSync(SANDBOX) ? readdirSync(SANDBOX) : []
  for (const name of before) if (/^built-\d+$/.test(name) && markProcess(Number(name.slice(6))) === null) remove(name)
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--noEmit', 'false', '--noCheck', '--rootDir', ROOT, '--outDir', directory], {
    cwd: ROOT,
  })
  copyFileSync(join(ROOT, 'manifest.yml'), join(directory, 'manifest.yml'))
  process.env[BUILT] = directory
  return () => remove(`built-${process.pid}`)
}

/** What node is told to run a file of ours, which is named by its path from the root. */
export function nodeRuns(file: string): string[] {
  const directory = process.env[BUILT]
  return directory ? [join(directory, file.replace(/\.ts$/, '.js'))] : ['--import', 'tsx', join(ROOT, file)]
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
