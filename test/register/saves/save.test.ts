import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Degree } from '../../../src/entities/register/degree.ts'
import { Trainee } from '../../../src/entities/register/trainee.ts'
import { lockTrainee, saveDegreeDttpId, saveTrainee } from '../../../src/register/saves/save.ts'
import { resetToDemo } from '../../support/reset.ts'
import { useWorld } from '../../support/world.ts'

const COMMENT = 'on the word of a test'
const DTTP_ID = '11111111-1111-4111-8111-111111111111'

const use = useWorld()

beforeEach(() => resetToDemo(use.admin))

afterEach(() => use.admin.query('ROLLBACK'))

describe('saving a trainee', () => {
  test('writes the columns, moves updated_at to the audit’s instant, and audits both ids in one save', async () => {
    const ids = { dttp_id: DTTP_ID, placement_assignment_dttp_id: null }
    const saved = await save('5901', ids)
    expect(saved).toMatchObject(ids)
    const [audit] = await auditsOf('Trainee', 5901)
    expect(audit).toMatchObject({
      action: 'update',
      associated_type: 'Provider',
      associated_id: 101,
      comment: COMMENT,
      user_id: null,
      audited_changes: {
        dttp_id: ['c0000000-0000-4000-8000-000000005901', DTTP_ID],
        placement_assignment_dttp_id: ['a0000000-0000-4000-8000-000000005901', null],
      },
    })
    const { rows } = await use.admin.query('SELECT updated_at::text AS at FROM trainees WHERE id = 5901')
    expect(rows).toEqual([{ at: audit?.at }])
    expect(saved.updated_at?.replace('T', ' ')).toBe(audit?.at)
  })

  test('that changes nothing writes nothing at all', async () => {
    const before = await use.world.database.manager.findOneByOrFail(Trainee, { id: '5901' })
    expect(await save('5901', { state: before.state, trn: before.trn })).toEqual(before)
    expect(await auditsOf('Trainee', 5901)).toEqual([])
  })

  test('numbers its audits on, and gives each save a request of its own', async () => {
    await use.world.database.transaction(async (sql) => {
      const locked = (await lockTrainee(sql, '5901')) as Trainee
      const received = await saveTrainee(sql, locked, { state: 2 }, COMMENT)
      await saveTrainee(sql, received, { trn: '1234567' }, COMMENT)
    })
    const { rows } = await use.admin.query(
      `SELECT version, request_uuid FROM audits WHERE auditable_type = 'Trainee' AND auditable_id = 5901 ORDER BY id`,
    )
    const versions = rows.map(({ version }) => version)
    expect(versions).toEqual(versions.map((_, index) => index + 1))
    expect(new Set(rows.map(({ request_uuid }) => request_uuid)).size).toBe(rows.length)
  })

  test('empties a school that does not apply, as every save in Register does', async () => {
    await use.admin.query('UPDATE trainees SET lead_school_not_applicable = true WHERE id = 5903')
    await save('5903', { trn: '7654321' })
    const [audit] = await auditsOf('Trainee', 5903)
    expect(audit?.audited_changes).toEqual({ lead_school_id: [702, null], trn: ['3000003', '7654321'] })
  })

  test('comes to nothing with its transaction', async () => {
    const before = await use.world.database.manager.findOneByOrFail(Trainee, { id: '5901' })
    const saving = use.world.database.transaction(async (sql) => {
      await saveTrainee(sql, (await lockTrainee(sql, '5901')) as Trainee, { trn: '1234567' }, COMMENT)
      throw new Error('after all, no')
    })
    await expect(saving).rejects.toThrow('after all, no')
    expect(await use.world.database.manager.findOneByOrFail(Trainee, { id: '5901' })).toEqual(before)
    expect(await auditsOf('Trainee', 5901)).toEqual([])
  })

  test('cannot write a column that is not granted', async () => {
    await expect(save('5901', { email: 'other@example.test' })).rejects.toThrow('permission denied')
  })
})

describe('saving a degree’s DTTP id', () => {
  test('audits it under its trainee, and leaves the trainee alone', async () => {
    const [degree] = await use.world.database.manager.find(Degree, { where: { trainee_id: '5901' } })
    const before = await use.world.database.manager.findOneByOrFail(Trainee, { id: '5901' })
    for (const _ of [1, 2]) {
      await use.world.database.transaction(async (sql) => {
        const row = await sql.findOneByOrFail(Degree, { id: degree?.id ?? '' })
        await saveDegreeDttpId(sql, row, DTTP_ID, COMMENT)
      })
    }
    expect(await auditsOf('Degree', Number(degree?.id))).toMatchObject([
      {
        associated_type: 'Trainee',
        associated_id: 5901,
        version: 1,
        audited_changes: { dttp_id: [degree?.dttp_id ?? null, DTTP_ID] },
      },
    ])
    expect(await use.world.database.manager.findOneByOrFail(Trainee, { id: '5901' })).toEqual(before)
  })
})

describe('locking a trainee', () => {
  test('waits for whoever changes the row, and sees what they left', async () => {
    await use.admin.query('BEGIN')
    await use.admin.query(`UPDATE trainees SET trn = '1234567' WHERE id = 5901`)
    const locked = use.world.database.transaction((sql) => lockTrainee(sql, '5901'))
    await sleep(100)
    await use.admin.query('COMMIT')
    expect(await locked).toMatchObject({ trn: '1234567' })
  })

  test('lets Rails insert rows that refer to it', async () => {
    await use.admin.query('CREATE TABLE IF NOT EXISTS public.notes (trainee_id bigint REFERENCES public.trainees)')
    await use.world.database.transaction(async (sql) => {
      await lockTrainee(sql, '5901')
      await use.admin.query(`SET lock_timeout = '1s'`)
      await use.admin.query('INSERT INTO public.notes VALUES (5901)')
    })
    await use.admin.query('DROP TABLE public.notes')
  })

  test('finds nobody where they are gone', async () => {
    expect(await use.world.database.transaction((sql) => lockTrainee(sql, '4711'))).toBeNull()
  })
})

function save(id: string, assigned: Partial<Trainee>): Promise<Trainee> {
  return use.world.database.transaction(async (sql) =>
    saveTrainee(sql, (await lockTrainee(sql, id)) as Trainee, assigned, COMMENT),
  )
}

type AuditRow = { at: string; version: number; audited_changes: object } & Record<string, unknown>

/** The audits that these saves have written. */
async function auditsOf(type: 'Trainee' | 'Degree', id: number): Promise<AuditRow[]> {
  const { rows } = await use.admin.query<AuditRow>(
    `SELECT *, created_at::text AS at FROM audits WHERE auditable_type = $1 AND auditable_id = $2 AND comment = $3
     ORDER BY version`,
    [type, id, COMMENT],
  )
  return rows
}
