import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import type { World } from '../../../src/world.ts'
import { chatops } from '../../support/built.ts'
import { demoDatabase, type ScratchDatabase } from '../../support/database.ts'
import { createLifecycle, sendRequest } from '../../support/lifecycle.ts'

let scratch: ScratchDatabase
let world: World

beforeAll(async () => {
  scratch = await demoDatabase()
  world = await createLifecycle(scratch.appUrl)
  const [trainee] = await world.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  await sendRequest(world, 'fix-route', form)
})

afterAll(async () => {
  await world.database.destroy()
  await scratch.drop()
})

async function migrate(...words: string[]): Promise<string> {
  return (await chatops(['migrate', ...words], { MIGRATE_DATABASE_URL: scratch.ownerUrl })).stdout
}

test('migrating lists no request that this version of the bot can carry out', async () => {
  expect(await migrate('--list')).toBe('No request will end because of this version of the bot.\n')
  expect(await migrate()).toBe('The schemas are up to date.\n')
})

test('migrating lists, before anything else, the requests that another version of their playbook ends', async () => {
  const earlier = 'SET session_replication_role = replica; UPDATE chatops.change_requests SET playbook_version = 0'
  await withClient(scratch.adminUrl, (client) => client.query(earlier))
  const listed = 'This version of the bot ends these requests as out of date:\n  CR-1  fix-route  pending\n'
  expect(await migrate('--list')).toBe(listed)
  expect(await migrate()).toBe(`${listed}The schemas are up to date.\n`)
})

test('and those that it cannot read', async () => {
  const unreadable = `SET session_replication_role = replica;
    UPDATE chatops.change_requests SET playbook_version = 1, plan = '{"updates": "of another version"}'`
  await withClient(scratch.adminUrl, (client) => client.query(unreadable))
  expect(await migrate('--list')).toContain('CR-1  fix-route  pending')
})
