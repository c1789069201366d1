// The suites that are run elsewhere a few cases at a time, here on all of them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runTests } from '../support/vitest-run.ts'
import { ROOT } from './process.ts'

/** The contract suite on every sample: how many cases each property was tried on, and how many it held for. */
export async function proveContract() {
  const { tests } = await runTests(['test/playbooks/contract.test.ts'], { EXTENT: 'all' })
  const properties: Record<string, { tried: number; passed: number }> = {}
  const problems: string[] = []
  for (const { title, status, fullName } of tests) {
    const counts = properties[title] ?? { tried: 0, passed: 0 }
    properties[title] = counts
    counts.tried++
    if (status === 'passed') counts.passed++
    else problems.push(fullName)
  }
  if (Object.keys(properties).length === 0) problems.push('no property was tried')
  return { properties, problems }
}

/** The scanner on every message in every spelling: how much was looked through, and how often somebody was found. */
export async function proveScanner() {
  const directory = mkdtempSync(join(tmpdir(), 'scanner-'))
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/scanner']
    const { code } = await run(process.execPath, vitest, { EXTENT: 'all', SCANNER_REPORTS: directory })
    const reports = readdirSync(directory).map((file) => {
      const { looked, found }: { looked: object; found: object } = JSON.parse(
        readFileSync(join(directory, file), 'utf8'),
      )
      return [file.replace('.json', ''), { looked, found }] as const
    })
    return {
      ...Object.fromEntries(reports),
      problems: code === 0 ? [] : ['somebody was found, or a story did not end'],
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Our code against what Register's own code did, as recorded. */
export async function proveParity() {
  const cases = 'test/parity/cases'
  const files = readdirSync(join(ROOT, cases)).map((file) => `${cases}/${file}`)
  const { code, output } = await run('npm', ['run', '-s', 'parity', '--', ...files])
  const result = output.trimEnd().split('\n').at(-1) ?? ''
  return { files, result, problems: code === 0 ? [] : [result] }
}
