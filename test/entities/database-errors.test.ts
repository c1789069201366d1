// Postgres quotes values in its messages; what leaves our sessions does not.
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { scratchDatabase } from '../support/database.ts'

let scratch: Awaited<ReturnType<typeof scratchDatabase>>
let database: ReturnType<typeof createDataSource>

beforeAll(async () => {
  scratch = await scratchDatabase()
  database = await createDataSource(scratch.adminUrl, 4).initialize()
  await withClient(scratch.adminUrl, (client) =>
    client.query(`
      CREATE TABLE public.people (name text UNIQUE, born date CHECK (born > '1900-01-01'), age integer NOT NULL);
      CREATE FUNCTION public.shout(text) RETURNS void LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'no %', $1 USING DETAIL = $1, HINT = $1; END $$`),
  )
})

afterAll(async () => {
  await database.destroy()
  await scratch.drop()
})

const QUOTED = 'Quackenbush'

test.each([
  ['a key that is taken', `INSERT INTO public.people VALUES ($1, NULL, 1), ($1, NULL, 2)`, '23505', 'people_name_key'],
  [
    'a value that is not allowed',
    `INSERT INTO public.people VALUES ($1, '1800-01-01', 1)`,
    '23514',
    'people_born_check',
  ],
  ['a value that is missing', `INSERT INTO public.people VALUES ($1)`, '23502', 'age'],
  ['a date that is none', `SELECT $1::text::date`, '22007', ''],
  ['a number that is none', `SELECT $1::text::integer`, '22P02', ''],
  ['a function that raises', `SELECT public.shout($1)`, 'P0001', ''],
  ['a column that is not there', `SELECT $1::text, "Quackenbush" FROM public.people`, '42703', ''],
])('an error about %s has its SQLSTATE and names, and no value', async (_, statement, code, name) => {
  for (const run of [
    () => database.query(statement, [QUOTED]),
    () => database.transaction((sql) => sql.query(statement, [QUOTED])),
    () => database.transaction((sql) => sql.transaction((inner) => inner.query(statement, [QUOTED]))),
  ]) {
    const error = await run().then(
      () => expect.fail('it went through'),
      (thrown: unknown) => thrown as Error,
    )
    expect(error).toMatchObject({ name: 'QueryFailedError', driverError: { code } })
    expect(error.message).toContain(name)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(QUOTED)
  }
})

test('a query builder’s error keeps no parameters', async () => {
  const run = database
    .createQueryBuilder()
    .select('1')
    .from('public.people', 'p')
    .where('p.born = :q', { q: QUOTED })
    .getRawMany()
  const error = await run.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ driverError: { code: '22007' } })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(QUOTED)
})
