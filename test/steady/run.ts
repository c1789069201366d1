// npm run steady [-- <runs> [<file of tests> …]]: the tests that depend most on time, again and again while every core is
// busy with something else; what came of them as one JSON document.
import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import * as z from 'zod'
import { runTests } from '../support/vitest-run.ts'
import { TIMING_SENSITIVE } from './files.ts'

/** Keeps a core busy, for as long as its parent lives. */
const SPIN = 'const { ppid } = process; while (process.ppid === ppid) for (let spun = 0; spun < 1e8; spun++);'

/** Of a run in which something failed outside of its tests, a hook say, so much is shown. */
const LONGEST_SAID = 4_000

type Failure = { run: number; test: string; because: string }

async function main([times, ...files]: readonly string[]): Promise<number> {
  const runs = z.coerce.number().int().min(1).default(10).parse(times)
  const chosen = files.length > 0 ? files : TIMING_SENSITIVE.map((name) => `test/${name}.test.ts`)
  const busy = Array.from({ length: availableParallelism() }, keepBusy)
  const failures: Failure[] = []
  let tests = 0
  try {
    for (let run = 1; run <= runs; run++) {
      const began = performance.now()
      const found = await runOnce(run, chosen)
      tests += found.tests
      failures.push(...found.failures)
      const took = Math.round((performance.now() - began) / 1000)
      process.stderr.write(`run ${run} of ${runs}: ${found.failures.length} of ${found.tests} failed (${took} s)\n`)
      for (const { test, because } of found.failures) process.stderr.write(`${test}\n${because}\n`)
    }
  } finally {
    for (const child of busy) child.kill()
  }
  const failed = new Set(failures.map(({ run }) => run)).size
  console.log(JSON.stringify({ runs, passed: runs - failed, failed, busy: busy.length, tests, failures }, null, 2))
  return failed === 0 ? 0 : 1
}

function keepBusy(): ChildProcess {
  return spawn(process.execPath, ['-e', SPIN], { stdio: 'ignore' })
}

async function runOnce(run: number, files: readonly string[]): Promise<{ tests: number; failures: Failure[] }> {
  const { code, tests, output } = await runTests(files)
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({ run, test: fullName, because: failureMessages.join('\n') }))
  if (code !== 0 && failures.length === 0)
    failures.push({ run, test: 'outside of the tests', because: output.slice(-LONGEST_SAID) })
  return { tests: tests.length, failures }
}

process.exitCode = await main(process.argv.slice(2))
