// docs/compatibility.md holds what the table of what is touched says. `npx vitest run test/compatibility/page.test.ts -u`
// writes it anew.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ExpectedTables, expectedTables } from '../../src/compatibility/expected.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH, type Touched } from '../../src/compatibility/touched.ts'
import { enumNames } from '../../src/entities/register/enums.ts'
import { useWorld } from '../support/world.ts'

const BEGIN = '<!-- What follows is made from src/compatibility/touched.ts and the entities. -->'

const use = useWorld()

test('the page says what is touched', async () => {
  const [before = ''] = readFileSync('docs/compatibility.md', 'utf8').split(BEGIN)
  const page = `${before}${BEGIN}\n\n${render(expectedTables(use.world.database))}`
  await expect(page).toMatchFileSnapshot('../../docs/compatibility.md')
})

function render(tables: ExpectedTables): string {
  return [
    '## What each playbook touches',
    table(['playbook', 'reads rows of', 'changes', 'adds', 'adds jobs'], rowsFor(PLAYBOOKS_TOUCH)),
    '## What each job touches',
    table(['job', 'reads rows of', 'changes', 'adds', 'adds jobs'], rowsFor(JOBS_TOUCH)),
    '## The columns that are read',
    'A row is read with all of these; an asterisk marks those that must not be empty.',
    table(
      ['table', 'columns'],
      Object.entries(tables).map(([name, columns]) => [
        `\`${name}\``,
        columns.map((column) => `\`${column.name}\`${column.isRequired ? '\\*' : ''} ${column.type}`).join(', '),
      ]),
    ),
    '## The values of enums that are known',
    table(
      ['column', 'values, from 0'],
      Object.entries(enumNames).map(([column, names]) => [`\`${column}\``, names.join(', ')]),
    ),
    '',
  ].join('\n\n')
}

function rowsFor(touching: Readonly<Record<string, Touched>>): string[][] {
  return Object.entries(touching).map(([name, { reads, updates, inserts, jobs = [] }]) => [
    ...[`\`${name}\``, reads.join(', '), columns(updates), columns(inserts), jobs.join(', ')],
  ])
}

function columns(written: Touched['updates'] = {}): string {
  return Object.entries(written)
    .map(([name, names]) => `${name}: ${names.join(', ')}`)
    .join('; ')
}

function table(heads: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell || 'none').join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
