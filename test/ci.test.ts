// .ci/run ends with one line for all of its steps, and fails if any of them did.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

function run(...steps: string[]): { status: number | null; lines: string[] } {
  const script = ['set -euo pipefail', 'source .ci/steps.sh', ...steps, 'finish'].join('\n')
  const { status, stdout } = spawnSync('bash', ['-c', script], { cwd: ROOT, encoding: 'utf8' })
  return { status, lines: stdout.trimEnd().split('\n') }
}

/** The lines that say nothing but how many passed and failed. */
const tallies = (lines: readonly string[]) => lines.filter((line) => /^\d+ passed, \d+ failed/.test(line))

test.each(['bin/test', 'bin/setup'])('%s --help says what it does, and does nothing', (script) => {
  const { status, stdout } = spawnSync(script, ['--help'], { cwd: ROOT, encoding: 'utf8' })
  const [, does = ''] = readFileSync(script, 'utf8').split('\n# ')
  expect(status).toBe(0)
  expect(stdout).toContain(does.split('\n')[0])
  expect(stdout.trimEnd().split('\n').length).toBeLessThan(6)
})

describe('the steps of continuous integration', () => {
  test('add up their tests in the last line, the only one of its kind', () => {
    const { status, lines } = run(
      `step 'bin/one & more' echo '12 passed, 0 failed'`,
      `step two echo '30 passed, 0 failed, 2 skipped'`,
    )
    expect(lines.at(-1)).toBe('42 passed, 0 failed, 2 skipped')
    expect(tallies(lines)).toHaveLength(1)
    expect(lines).toContain('== 12 passed, 0 failed')
    expect(status).toBe(0)
  })

  test('run also after one that failed, and the whole fails', () => {
    const { status, lines } = run(
      `step one bash -c 'echo 12 passed, 3 failed; exit 1'`,
      `step two echo '30 passed, 0 failed'`,
    )
    expect(lines.at(-1)).toBe('42 passed, 3 failed')
    expect(status).toBe(1)
  })

  test('that print no tally count as one each, by their exit', () => {
    const { status, lines } = run('step one true', 'step two false', 'step three no-such-program')
    expect(lines.at(-1)).toBe('1 passed, 2 failed')
    expect(status).toBe(1)
  })

  test('that fail though no test did count as a failure', () => {
    const { status, lines } = run(`step one bash -c 'echo 12 passed, 0 failed; exit 1'`)
    expect(lines.at(-1)).toBe('12 passed, 1 failed')
    expect(status).toBe(1)
  })
})
