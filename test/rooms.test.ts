// The import rule and the picture of the rooms, tried on a few files in a folder of their own.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { nodeRuns } from './support/built.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PICTURE = '<!-- The picture of the rooms is drawn from the code and goes here. -->'
const house = mkdtempSync(join(tmpdir(), 'rooms-'))
afterAll(() => rmSync(house, { recursive: true }))

const FILES = {
  'src/main.ts': `import './bot/app.ts'; import './log.ts'`,
  'src/bot/app.ts': `import '../views/card.ts'`,
  'src/views/card.ts': `import type { Decision } from '../handlers/decision.ts'; import '../log.ts'`,
  'src/handlers/decision.ts': `export type Decision = string`,
  'src/entities/job.ts': `const later = () => import('../views/card.ts')`,
  'src/jobs/poll.ts': `import './lease.ts'`,
  'src/jobs/lease.ts': `import type {} from './poll.ts'`,
  'src/playbooks/fix-route/index.ts': `import '../undo/index.ts'`,
  'src/playbooks/undo/index.ts': '',
  'src/ledger/ledger.ts': `import '../outbox/outbox.ts'`,
  'src/outbox/outbox.ts': '',
  'src/cli.ts': `import './utils/text.ts'`,
  'src/utils/text.ts': '',
  'src/log.ts': '',
  'docs/architecture.md': `Above\n\n${PICTURE}\n\nBelow\n`,
}

for (const [file, text] of Object.entries(FILES)) {
  mkdirSync(join(house, dirname(file)), { recursive: true })
  writeFileSync(join(house, file), text)
}

const found = run('dependency-cruiser/bin/dependency-cruise.mjs', [
  ...['src', '--config', join(ROOT, '.dependency-cruiser.mjs'), '--output-type', 'json'],
])

test('an import is refused that goes upward, sideways or round in a circle, be it of a type', () => {
  const { violations } = JSON.parse(found).summary as {
    violations: { from: string; to: string; rule: { name: string } }[]
  }
  const refused = violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`)
  expect(refused.sort()).toEqual([
    'src/cli.ts → src/utils/text.ts: every room has a floor',
    'src/entities/job.ts → src/views/card.ts: entities imports only what stands below it',
    'src/jobs/lease.ts → src/jobs/poll.ts: no circles',
    'src/ledger/ledger.ts → src/outbox/outbox.ts: ledger imports only what stands below it',
    'src/playbooks/fix-route/index.ts → src/playbooks/undo/index.ts: a playbook knows no other playbook',
    'src/views/card.ts → src/handlers/decision.ts: views imports only what stands below it',
  ])
})

describe('the picture', { timeout: 60_000 }, () => {
  const page = () => readFileSync(join(house, 'docs/architecture.md'), 'utf8')

  test('is out of date until it is drawn, and leaves out arrows that follow from others', () => {
    expect(draw('--check')).toMatchObject({ status: 1, stderr: expect.stringContaining('run npm run picture') })
    expect(draw().status).toBe(0)
    expect(page()).toContain('  main --> bot\n')
    expect(page()).toContain('  bot --> views\n')
    expect(page()).not.toContain('main --> log')
    expect(page()).toMatch(/^Above\n[\s\S]*\nBelow\n$/)
    expect(draw('--check').status).toBe(0)
  })

  test('is drawn over an older one', () => {
    const drawn = page()
    writeFileSync(join(house, 'docs/architecture.md'), drawn.replace('bot --> views', 'bot --> queue'))
    expect(draw('--check').status).toBe(1)
    expect(draw().status).toBe(0)
    expect(page()).toBe(drawn)
  })

  function draw(...args: string[]) {
    return spawnSync(process.execPath, [...nodeRuns('docs/draw-rooms.ts'), ...args], {
      cwd: house,
      input: found,
      encoding: 'utf8',
    })
  }
})

/** Runs a package's program in the house; what it says. */
function run(program: string, args: string[]): string {
  const path = join(ROOT, 'node_modules', program)
  return execFileSync(process.execPath, [path, ...args], { cwd: house, encoding: 'utf8' })
}
