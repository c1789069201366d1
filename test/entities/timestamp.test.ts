import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { Audit } from '../../src/entities/register/audit.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { timestampForAudit } from '../../src/entities/timestamp.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'

const ID = '5901'

/** Times that a Date or London's clock would get wrong, as `to_jsonb` writes them. */
const TIMES = [
  ['in the hour that London has twice in October', '2021-10-31T00:30:00.123456'],
  ['in that hour again', '2021-10-31T01:30:00.123456'],
  ['in the hour that London skips in March', '2021-03-28T01:30:00.654321'],
  ['just after it', '2021-03-28T02:00:00.000001'],
  ['on a summer night', '2021-07-01T23:59:59.999999'],
  ['on a winter night', '2021-12-31T23:59:59.999999'],
  ['without a fraction', '2021-10-20T09:15:27'],
  ['with a short fraction', '2021-10-20T09:15:27.1'],
] as const

let scratch: ScratchDatabase
let app: ReturnType<typeof createDataSource>
let rails: ReturnType<typeof createDataSource>

beforeAll(async () => {
  scratch = await demoDatabase()
  app = await createDataSource(scratch.appUrl, 2).initialize()
  rails = await createDataSource(scratch.adminUrl, 2).initialize()
})

afterAll(async () => {
  await app.destroy()
  await rails.destroy()
  await scratch.drop()
})

test('this process is not in UTC, nor is the server', async () => {
  expect(new Date('2021-07-01T12:00:00Z').getHours()).toBe(13)
  const zone = await withClient(scratch.adminUrl, (client) => client.query('SHOW timezone'))
  expect(zone.rows).toEqual([{ TimeZone: 'Europe/London' }])
  expect(await app.query('SHOW timezone')).toEqual([{ TimeZone: 'UTC' }])
})

describe.each(TIMES)('a time %s', (_, time) => {
  test('is read as it stands', async () => {
    await setAsRails('submitted_for_trn_at', time)
    const trainee = await app.manager.findOneByOrFail(Trainee, { id: ID })
    expect(trainee.submitted_for_trn_at).toBe(time)
  })

  test('comes back byte for byte when it is read, written with the query builder and read again', async () => {
    await setAsRails('submitted_for_trn_at', time)
    const { submitted_for_trn_at } = await app.manager.findOneByOrFail(Trainee, { id: ID })
    const write = app
      .createQueryBuilder()
      .update(Trainee)
      .set({ updated_at: submitted_for_trn_at ?? '' })
    await write.where({ id: ID }).execute()
    expect(await readAsRails('updated_at')).toBe(time)
    expect((await app.manager.findOneByOrFail(Trainee, { id: ID })).updated_at).toBe(time)
  })

  test('is found by an update that names it as the value before', async () => {
    await setAsRails('updated_at', time)
    const write = app.createQueryBuilder().update(Trainee).set({ updated_at: '2020-01-01T00:00:00' })
    const { affected } = await write.where('updated_at IS NOT DISTINCT FROM :before', { before: time }).execute()
    expect(affected).toBe(1)
  })

  test('survives a raw query, also as its parameter', async () => {
    await setAsRails('updated_at', time)
    const [row] = await app.query<{ updated_at: unknown }[]>('SELECT updated_at FROM trainees WHERE id = $1', [ID])
    expect(String(row?.updated_at)).toBe(time)
    expect(JSON.parse(JSON.stringify(row))).toEqual({ updated_at: time })
    const [same] = await app.query<unknown[]>('SELECT id FROM trainees WHERE updated_at = $1', [row?.updated_at])
    expect(same).toEqual({ id: ID })
  })

  test('survives an insert', async () => {
    const columns = ['auditable_type', 'auditable_id', 'created_at']
    const values = { auditable_type: 'Trainee', auditable_id: 1, created_at: time }
    await app.createQueryBuilder().insert().into(Audit, columns).values(values).updateEntity(false).execute()
    const [audit] = await rails.manager.find(Audit, { where: { auditable_id: 1 }, order: { id: 'DESC' }, take: 1 })
    expect(audit?.created_at).toBe(time)
  })
})

test('an empty time stays empty', async () => {
  await setAsRails('submitted_for_trn_at', null)
  expect((await app.manager.findOneByOrFail(Trainee, { id: ID })).submitted_for_trn_at).toBeNull()
  await rails.createQueryBuilder().update(Trainee).set({ withdraw_date: null }).where({ id: ID }).execute()
  expect(await readAsRails('withdraw_date')).toBeNull()
})

test.each(['1969-12-31', '2021-03-28', '2021-10-31'])(
  'the date %s is text, and the same day when written',
  async (date) => {
    await setAsRails('course_start_date', date)
    const { course_start_date } = await app.manager.findOneByOrFail(Trainee, { id: ID })
    expect(course_start_date).toBe(date)
    await app
      .createQueryBuilder()
      .update(Trainee)
      .set({ course_end_date: course_start_date })
      .where({ id: ID })
      .execute()
    expect(await readAsRails('course_end_date')).toBe(date)
    expect(await app.query('SELECT course_end_date FROM trainees WHERE id = $1', [ID])).toEqual([
      { course_end_date: date },
    ])
  },
)

test('our own times, which know their zone, are instants', async () => {
  const [row] = await app.query<{ at: Date }[]>(`SELECT '2021-07-01T12:00:00+01:00'::timestamptz AS at`)
  expect(row?.at).toEqual(new Date('2021-07-01T11:00:00Z'))
})

test.each([
  ['2021-10-20T09:15:27.123456', '2021-10-20T09:15:27.123Z'],
  ['2021-10-20T09:15:27.999999', '2021-10-20T09:15:27.999Z'],
  ['2021-10-20T09:15:27.1', '2021-10-20T09:15:27.100Z'],
  ['2021-10-20T09:15:27', '2021-10-20T09:15:27.000Z'],
])('%s is %s in an audit', (time, audited) => {
  expect(timestampForAudit(time)).toBe(audited)
})

/** Writes past our code, as Rails would. */
async function setAsRails(column: string, value: string | null): Promise<void> {
  await withClient(scratch.adminUrl, (client) =>
    client.query(`UPDATE trainees SET ${column} = $1 WHERE id = $2`, [value, ID]),
  )
}

async function readAsRails(column: string): Promise<unknown> {
  const { rows } = await withClient(scratch.adminUrl, (client) =>
    client.query(`SELECT to_jsonb(t) -> $1 AS value FROM trainees t WHERE id = $2`, [column, ID]),
  )
  return rows[0]?.value
}
