// The suites that are run elsewhere a few cases at a time, here on all of them.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './process.ts'

type VitestReport = {
  testResults: { assertionResults: { title: string; ancestorTitles: string[]; status: string; fullName: string }[] }[]
}

/** The contract suite on every sample: how many cases each property was tried on, and how many it held for. */
export async function proveContract() {
  const directory = mkdtempSync(join(tmpdir(), 'contract-'))
  const file = join(directory, 'report.json')
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/playbooks/contract.test.ts']
    await run(process.execPath, [...vitest, '--reporter=json', `--outputFile=${file}`], { EXTENT: 'all' })
    const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'))
    const properties: Record<string, { tried: number; passed: number }> = {}
    const problems: string[] = []
    for (const { title, status, fullName } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
      const counts = properties[title] ?? { tried: 0, passed: 0 }
      properties[title] = counts
      counts.tried++
      if (status === 'passed') counts.passed++
      else problems.push(fullName)
    }
    if (Object.keys(properties).length === 0) problems.push('no property was tried')
    return { properties, problems }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
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
  const { code, output } = await run('npm', ['run', '-s', 'parity', '--', ...files], {})
  const result = output.trimEnd().split('\n').at(-1) ?? ''
  return { files, result, problems: code === 0 ? [] : [result] }
}

function run(command: string, args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
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
