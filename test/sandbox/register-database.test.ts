import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'

let database: ScratchDatabase

beforeAll(async () => {
  database = await scratchDatabase()
})

afterAll(() => database.drop())

test("has Register's tables, columns and indexes exactly as its schema has them", async () => {
  const expected = JSON.parse(readFileSync('sandbox/register/schema.json', 'utf8'))
  for (const { table, columns, indexes } of expected) {
    expect({ table, columns: await columnsOf(table), indexes: await indexesOf(table) }).toEqual({
      table,
      columns,
      indexes: [...indexes].sort(),
    })
  }
})

test('lets the bot read trainees, and refuses it everything that the grants file does not name', async () => {
  await withClient(database.appUrl, async (app) => {
    expect((await app.query('SELECT * FROM trainees')).rows).toEqual([])
    await expect(app.query("UPDATE trainees SET email = 'a@example.test'")).rejects.toThrow('permission denied')
    await expect(app.query('SELECT email FROM users')).rejects.toThrow('permission denied')
    await expect(app.query('DELETE FROM audits')).rejects.toThrow('permission denied')
    await expect(app.query('CREATE TABLE mine ()')).rejects.toThrow('permission denied')
  })
})

test('is separate from every other clone, and gone once dropped', async () => {
  const clones = await Promise.all([scratchDatabase(), scratchDatabase(), scratchDatabase()])
  await withClient(clones[0].adminUrl, (client) =>
    client.query("INSERT INTO nationalities VALUES (1, 'x', now(), now())"),
  )
  const rows = await withClient(clones[1].adminUrl, async (client) => (await client.query('TABLE nationalities')).rows)
  expect(rows).toEqual([])
  await Promise.all(clones.map((clone) => clone.drop()))
  await expect(withClient(clones[2].adminUrl, async () => {})).rejects.toThrow('does not exist')
})

function columnsOf(table: string): Promise<unknown[]> {
  return rows(
    `SELECT attname AS name, NOT attnotnull AS nullable, pg_get_expr(adbin, adrelid) AS default,
       replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'), ' without time zone', '') AS type
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    table,
  )
}

async function indexesOf(table: string): Promise<unknown[]> {
  const found = await rows('SELECT indexdef FROM pg_indexes WHERE tablename = $1 ORDER BY indexdef', table)
  return found.map(({ indexdef }) => indexdef).sort()
}

function rows(sql: string, table: string): Promise<Record<string, unknown>[]> {
  return withClient(database.adminUrl, async (client) => (await client.query(sql, [table])).rows)
}
