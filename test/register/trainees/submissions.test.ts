import { beforeEach, expect, test } from 'vitest'
import { findSubmission } from '../../../src/register/trainees/submissions.ts'
import { useWorld } from '../../support/world.ts'

const DTTP_ID = 'e0000000-0000-4000-8000-000000000007'

const use = useWorld()

beforeEach(async () => {
  await use.admin.query('TRUNCATE audits, users RESTART IDENTITY')
  for (const [id, dttpId] of [
    [7, DTTP_ID],
    [8, null],
  ]) {
    await use.admin.query(
      `INSERT INTO users (id, provider_id, dttp_id, email, first_name, last_name, created_at, updated_at)
       VALUES ($1::bigint, 1, $2, 'user.' || $1::bigint || '@example.test', 'Demo', 'User', now(), now())`,
      [id, dttpId],
    )
  }
})

type Given = { version: number; state?: [number, number]; user?: number | null; trainee?: number; userType?: string }

async function audit({ version, state = [0, 1], user = 7, trainee = 1, userType = 'User' }: Given): Promise<void> {
  await use.admin.query(
    `INSERT INTO audits (auditable_type, auditable_id, action, audited_changes, version, user_id, user_type, created_at)
     VALUES ('Trainee', $1, 'update', $2, $3, $4, $5, now())`,
    [trainee, { state, trn: [null, null] }, version, user, userType],
  )
}

const find = async () => findSubmission(use.world.database.manager, '1')

test('nobody, where no audit says so', async () => {
  await audit({ version: 1, state: [1, 2] })
  await audit({ version: 1, trainee: 2 })
  expect(await find()).toBeNull()
})

test('the user of the latest change from draft to submitted, with their DTTP id', async () => {
  await audit({ version: 1, user: 8 })
  await audit({ version: 3, user: 7 })
  await audit({ version: 2, user: 8 })
  expect(await find()).toMatchObject({ audit: { version: 3 }, user: { id: '7', dttp_id: DTTP_ID }, reinstated: null })
})

test('of two audits with one version, the one with the higher id', async () => {
  await audit({ version: 2, user: 8 })
  await audit({ version: 2, user: 7 })
  expect(await find()).toMatchObject({ user: { id: '7' } })
})

test('a user without a DTTP id is shown as they are; one who is gone, or no user at all, is none', async () => {
  await audit({ version: 1, user: 8 })
  expect(await find()).toMatchObject({ user: { id: '8', dttp_id: null } })
  await audit({ version: 2, user: 9 })
  expect(await find()).toMatchObject({ user: null })
  await audit({ version: 3, user: 7, userType: 'DeveloperUser' })
  expect(await find()).toMatchObject({ user: null })
  await audit({ version: 4, user: null })
  expect(await find()).toMatchObject({ user: null })
})

test('a return from a deferral since then stands beside it, and one before it does not', async () => {
  await audit({ version: 2, state: [5, 1] })
  await audit({ version: 3 })
  expect(await find()).toMatchObject({ audit: { version: 3 }, reinstated: null })
  await audit({ version: 4, state: [1, 5] })
  await audit({ version: 5, state: [5, 1], user: 8 })
  expect(await find()).toMatchObject({ audit: { version: 3 }, user: { id: '7' }, reinstated: { version: 5 } })
})
