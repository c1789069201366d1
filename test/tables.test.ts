// Which room writes which table: docs/architecture.md says it, and the source keeps to it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getMetadataArgsStorage } from 'typeorm'
import { expect, test } from 'vitest'
import '../src/entities/data-source.ts'

const OWNERS = /^\| `(\w+)\/` \| ((?:`\w+`(?:, )?)+) \|$/gm

const owners = new Map(
  [...readFileSync('docs/architecture.md', 'utf8').matchAll(OWNERS)].flatMap(([, room = '', tables = '']) =>
    [...tables.matchAll(/`(\w+)`/g)].map(([, table = '']) => [table, room] as const),
  ),
)

const ofEntity = new Map(
  getMetadataArgsStorage().tables.map(({ target, name = '', schema }) => [
    typeof target === 'string' ? target : target.name,
    { table: name, schema },
  ]),
)

const IN_SQL = /\b(?:INSERT INTO|UPDATE|DELETE FROM) chatops\.(\w+)/g
const BY_ENTITY = /\.(?:insert|update|increment|decrement|delete|into)\(\s*([A-Z]\w+),?/g

/** The tables of ours that a source text writes. */
function written(text: string): string[] {
  const named = [...text.matchAll(BY_ENTITY)].flatMap(([, entity = '']) => {
    const { table, schema } = ofEntity.get(entity) ?? {}
    return schema === 'chatops' && table !== undefined ? [table] : []
  })
  return [...new Set([...[...text.matchAll(IN_SQL)].flatMap(([, table]) => table ?? []), ...named])]
}

const writers = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('entities/migrations/'))
  .flatMap((file) => written(readFileSync(join('src', file), 'utf8')).map((table) => ({ file, table })))

test('every table is written by the room that owns it, and by no other', () => {
  expect(writers.length).toBeGreaterThan(60)
  expect(writers.filter(({ file, table }) => owners.get(table) !== file.split('/')[0])).toEqual([])
})

test('every owner writes its tables', () => {
  const tables = new Set(writers.map(({ table }) => table))
  // Functions of ours write these.
  expect([...owners.keys()].filter((table) => !tables.has(table)).sort()).toEqual(['ledger', 'ledger_head'])
})

test('what writes a table is found, however it does so', () => {
  expect(written('WITH a AS (UPDATE chatops.jobs SET …) INSERT INTO chatops.polls SELECT')).toEqual(['jobs', 'polls'])
  expect(written('await sql.update(\n  ChangeRequest,\n  { id }')).toEqual(['change_requests'])
  expect(written('.insert()\n.into(SchoolWait)')).toEqual(['school_waits'])
  expect(written('await sql.update(Trainee, { id }, {})')).toEqual([])
})
