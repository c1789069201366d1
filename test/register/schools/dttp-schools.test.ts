import { beforeEach, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import { type SchoolInDttp, upsertDttpSchools } from '../../../src/register/schools/dttp-schools.ts'
import { useWorld } from '../../support/world.ts'

const ID = 'aaaaaaaa-1111-e711-8888-0050568902d3'
const OTHER_ID = 'bbbbbbbb-1111-e711-8888-0050568902d3'
const LONG_AGO = '2020-01-01 09:15:27.123456'

const school = { id: ID, name: 'Ash Grove', urn: '100001', statusCode: 1 }

const use = useWorld()

beforeEach(() => asAdmin('DELETE FROM public.dttp_schools'))

test('a school that is new is added, as of now in UTC', async () => {
  expect(await upsert(school)).toEqual({ inserted: 1, updated: 0 })
  const [row] = await rows()
  expect(row).toMatchObject({ dttp_id: ID, name: 'Ash Grove', urn: '100001', status_code: 1, is_recent: true })
  expect(row?.created_at).toBe(row?.updated_at)
})

test.each([
  ['name', { ...school, name: 'Ash Grove Academy' }],
  ['name that is gone', { ...school, name: null }],
  ['URN', { ...school, urn: '100002' }],
  ['URN that is gone', { ...school, urn: null }],
  ['status', { ...school, statusCode: 300000002 }],
  ['status that is gone', { ...school, statusCode: null }],
])('another %s is written over the old one, and updated_at moves', async (_, changed) => {
  await addLongAgo(ID)
  expect(await upsert(changed)).toEqual({ inserted: 0, updated: 1 })
  const { id: dttp_id, statusCode: status_code, name, urn } = changed
  const created_at = LONG_AGO.replace(' ', 'T')
  expect(await rows()).toEqual([
    { dttp_id, name, urn, status_code, created_at, updated_at: expect.any(String), is_recent: true },
  ])
})

test('a school that is the same is left alone, updated_at included, empty values among it', async () => {
  await addLongAgo(ID)
  await asAdmin(`INSERT INTO public.dttp_schools (dttp_id, updated_at) VALUES ('${OTHER_ID}', '${LONG_AGO}')`)
  const before = await rows()
  expect(await upsert(school, { id: OTHER_ID, name: null, urn: null, statusCode: null })).toEqual({
    inserted: 0,
    updated: 0,
  })
  expect(await rows()).toEqual(before)
})

test('of a school that comes twice the last counts', async () => {
  const other = { ...school, id: OTHER_ID }
  expect(await upsert(school, other, { ...school, name: 'Last' })).toEqual({ inserted: 2, updated: 0 })
  expect(await upsert(other, school, { ...other, name: 'Last' }, { ...school, name: 'Last' })).toEqual({
    inserted: 0,
    updated: 1,
  })
  expect((await rows()).map(({ name }) => name)).toEqual(['Last', 'Last'])
})

test('a row with the id in upper case is the same school', async () => {
  await addLongAgo(ID.toUpperCase())
  expect(await upsert({ ...school, statusCode: 2 })).toEqual({ inserted: 0, updated: 1 })
  expect(await rows()).toMatchObject([{ dttp_id: ID.toUpperCase(), status_code: 2 }])
})

test('two rows of one school, each with its own spelling, are kept alike', async () => {
  await addLongAgo(ID)
  await addLongAgo(ID.toUpperCase())
  expect(await upsert({ ...school, statusCode: 2 })).toEqual({ inserted: 0, updated: 2 })
  expect(await rows()).toMatchObject([{ status_code: 2 }, { status_code: 2 }])
})

test('schools that DTTP does not name, and rows without a DTTP id, are left alone', async () => {
  await addLongAgo(ID)
  await asAdmin(`INSERT INTO public.dttp_schools (name, urn) VALUES ('By hand', '100009')`)
  const before = await rows()
  await upsert({ ...school, id: OTHER_ID })
  expect(await rows()).toEqual(expect.arrayContaining(before))
  expect(await rows()).toHaveLength(3)
})

test('no schools are no error', async () => {
  expect(await upsert()).toEqual({ inserted: 0, updated: 0 })
})

function upsert(...schools: SchoolInDttp[]) {
  return use.world.database.transaction((sql) => upsertDttpSchools(sql, schools))
}

async function addLongAgo(dttpId: string): Promise<void> {
  await asAdmin(`INSERT INTO public.dttp_schools (dttp_id, name, urn, status_code, created_at, updated_at)
    VALUES ('${dttpId}', 'Ash Grove', '100001', 1, '${LONG_AGO}', '${LONG_AGO}')`)
}

type Row = { dttp_id: string; name: string; created_at: string; updated_at: string; is_recent: boolean }

async function rows(): Promise<Row[]> {
  const found = await use.world.database.query<Row[]>(
    `SELECT dttp_id, name, urn, status_code, created_at, updated_at,
       updated_at > now() AT TIME ZONE 'UTC' - interval '30 minutes' AND updated_at <= clock_timestamp() AT TIME ZONE 'UTC'
         AS is_recent
     FROM public.dttp_schools ORDER BY id`,
  )
  return found.map((row) => ({ ...row, created_at: String(row.created_at), updated_at: String(row.updated_at) }))
}

async function asAdmin(statement: string): Promise<void> {
  await withClient(use.scratch.adminUrl, (client) => client.query(statement))
}
