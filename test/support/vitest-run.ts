// Test files as a process of their own runs them, and what came of each test.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type Ran = { code: number; tests: Test[]; output: string }

type Test = { title: string; fullName: string; status: string; failureMessages: string[] }

type Report = { testResults: { assertionResults: Test[] }[] }

/** Runs these files of tests, or folders of them. The code is 1 also for what fails outside of tests, a hook say. */
export async function runTests(files: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const directory = mkdtempSync(join(tmpdir(), 'report-'))
  const report = join(directory, 'report.json')
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files]
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { code, output } = await run(process.execPath, [...vitest, ...reporters], env)
    const { testResults }: Report = JSON.parse(readFileSync(report, 'utf8'))
    return { code, output, tests: testResults.flatMap(({ assertionResults }) => assertionResults) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs a program in our root; what it says on stderr is passed on. */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
