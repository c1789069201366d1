// The table of what is touched, against the entities, the grants and the code.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { expectedTables } from '../../src/compatibility/expected.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH, type Touched } from '../../src/compatibility/touched.ts'
import { JOB_NAMES } from '../../src/entities/chatops/job.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import type { World } from '../../src/world.ts'
import { samples } from '../playbooks/samples.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { type StoryDttp, startStoryDttp } from '../support/dttp.ts'
import { approveRequest, createLifecycle, sendRequest } from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'
import { noteStatements } from './statements.ts'

let scratch: ScratchDatabase
let context: World
let dttp: StoryDttp
let admin: pg.Client

beforeAll(async () => {
  scratch = await scratchDatabase()
  dttp = await startStoryDttp()
  context = await createLifecycle(scratch.appUrl, { upstreams: { dttp: dttp.client } })
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await context.database.destroy()
  await dttp.stop()
  await scratch.drop()
})

const all = [...Object.values(PLAYBOOKS_TOUCH), ...Object.values(JOBS_TOUCH)]

test('every playbook and every job is in it', () => {
  expect(Object.keys(PLAYBOOKS_TOUCH).sort()).toEqual(playbooks.map(({ name }) => name).sort())
  expect(Object.keys(JOBS_TOUCH).sort()).toEqual([...JOB_NAMES].sort())
})

test('its tables are the entities of Register’s tables, and what is written is also read', () => {
  const tables = expectedTables(context.database)
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
  const tables = expectedTables(context.database)
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
      await emptyDatabase(admin)
      dttp.reset()
      await sample.seed(admin)
      sample.inDttp?.(dttp)
      const form = typeof sample.form === 'function' ? await sample.form(context) : sample.form
      noteStatements(context.database, seen)
      const { id } = await approveRequest(context, await sendRequest(context, name, form))
      expect(await execute(context, id)).toBe('executed')
      await verify(context, id)
      noteStatements(context.database, null)
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
  const { rows } = await admin.query<{ column: string }>(
    `SELECT c.relname || '.' || a.attname AS column
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
       AND has_column_privilege('chatops_app', c.oid, a.attnum, $1) ORDER BY 1`,
    [right],
  )
  return rows.map(({ column }) => column).sort()
}
