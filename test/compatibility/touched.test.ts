// The table of what is touched, against the entities, the grants and the code.
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { expectedTables } from '../../src/compatibility/expected.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH, type Touched } from '../../src/compatibility/touched.ts'
import { JOB_NAMES } from '../../src/entities/chatops/job.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { samples } from '../playbooks/samples.ts'
import { approveRequest, sendRequest } from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'
import { noteStatements } from './statements.ts'

const use = useWorldWithDttp()

const all = [...Object.values(PLAYBOOKS_TOUCH), ...Object.values(JOBS_TOUCH)]

test('every playbook and every job is in it', () => {
  expect(Object.keys(PLAYBOOKS_TOUCH).sort()).toEqual(playbooks.map(({ name }) => name).sort())
  expect(Object.keys(JOBS_TOUCH).sort()).toEqual([...JOB_NAMES].sort())
})

test('its tables are the entities of Register’s tables, and what is written is also read', () => {
  const tables = expectedTables(use.world.database)
  expect([...new Set(all.flatMap(({ reads }) => reads))].sort()).toEqual(Object.keys(tables).sort())
  for (const touched of all) {
    for (const [table, columns] of written(touched)) {
      expect(touched.reads).toContain(table)
      for (const column of columns) expect(tables[table].map(({ name }) => name)).toContain(column)
    }
  }
})

test('the grants are what it says, and no more', async () => {
  expect(await granted('UPDATE')).toEqual(columnsOf('updates'))
  expect(await granted('INSERT')).toEqual(columnsOf('inserts'))
  const tables = expectedTables(use.world.database)
  const readable = await granted('SELECT')
  for (const [table, columns] of Object.entries(tables)) {
    for (const { name } of columns) expect(readable).toContain(`${table}.${name}`)
  }
  expect([...new Set(readable.map((column) => column.split('.')[0]))].sort()).toEqual(Object.keys(tables).sort())
})

describe.each(playbooks)('$name', ({ name }) => {
  test('touches what the table says', async () => {
    const touched = PLAYBOOKS_TOUCH[name] ?? { reads: [] }
    const seen = { tables: new Set<string>(), updated: new Set<string>(), inserted: new Set<string>() }
    for (const sample of chosen(samples[name] ?? [])) {
      await emptyDatabase(use.admin)
      use.dttp.reset()
      await sample.seed(use.admin)
      sample.inDttp?.(use.dttp)
      const form = typeof sample.form === 'function' ? await sample.form(use.world) : sample.form
      noteStatements(use.world.database, seen)
      const { id } = await approveRequest(use.world, await sendRequest(use.world, name, form))
      expect(await execute(use.world, id)).toBe('executed')
      await verify(use.world, id)
      noteStatements(use.world.database, null)
    }
    expect([...seen.tables].filter((table) => !touched.reads.some((read) => read === table))).toEqual([])
    // What is only read to be written is not written by every sample.
    const unread = touched.reads.filter((table) => !seen.tables.has(table) && !touched.updates?.[table])
    expect(unread).toEqual([])
    const may = { updated: listed(touched.updates), inserted: listed(touched.inserts) }
    expect([...seen.updated].filter((column) => !may.updated.includes(column))).toEqual([])
    expect([...seen.inserted].filter((column) => !may.inserted.includes(column))).toEqual([])
  })
})

/** Of many recorded cases a few, spread over the list, as in the contract suite. */
function chosen<T>(all: readonly T[]): T[] {
  const every = Math.max(1, Math.ceil(all.length / 6))
  return all.filter((_, index) => index % every === 0)
}

function written({ updates = {}, inserts = {} }: Touched) {
  return [...Object.entries(updates), ...Object.entries(inserts)] as [
    keyof ReturnType<typeof expectedTables>,
    string[],
  ][]
}

function listed(columns: Touched['updates'] = {}): string[] {
  return Object.entries(columns).flatMap(([table, names]) => names.map((name) => `${table}.${name}`))
}

function columnsOf(what: 'updates' | 'inserts'): string[] {
  return [...new Set(all.flatMap((touched) => listed(touched[what])))].sort()
}

async function granted(right: string): Promise<string[]> {
  const { rows } = await use.admin.query<{ column: string }>(
    `SELECT c.relname || '.' || a.attname AS column
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
       AND has_column_privilege('chatops_app', c.oid, a.attnum, $1) ORDER BY 1`,
    [right],
  )
  return rows.map(({ column }) => column).sort()
}
