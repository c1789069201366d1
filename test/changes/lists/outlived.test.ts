import { beforeAll, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import { chatops } from '../../support/built.ts'
import { sendRequest } from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const use = useWorld({ rows: 'demo' })

beforeAll(async () => {
  const [trainee] = await use.world.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route: 'assessment_only', reason: 'Asked for', ticket: '' }
  await sendRequest(use.world, 'fix-route', form)
})

async function migrate(...words: string[]): Promise<string> {
  return (await chatops(['migrate', ...words], { MIGRATE_DATABASE_URL: use.scratch.ownerUrl })).stdout
}

test('migrating lists no request that this version of the bot can carry out', async () => {
  expect(await migrate('--list')).toBe('No request will end because of this version of the bot.\n')
  expect(await migrate()).toBe('The schemas are up to date.\n')
})

test('migrating lists, before anything else, the requests that another version of their playbook ends', async () => {
  const earlier = 'SET session_replication_role = replica; UPDATE chatops.change_requests SET playbook_version = 0'
  await withClient(use.scratch.adminUrl, (client) => client.query(earlier))
  const listed = 'This version of the bot ends these requests as out of date:\n  CR-1  fix-route  pending\n'
  expect(await migrate('--list')).toBe(listed)
  expect(await migrate()).toBe(`${listed}The schemas are up to date.\n`)
})

test('and those that it cannot read', async () => {
  const unreadable = `SET session_replication_role = replica;
    UPDATE chatops.change_requests SET playbook_version = 1, plan = '{"updates": "of another version"}'`
  await withClient(use.scratch.adminUrl, (client) => client.query(unreadable))
  expect(await migrate('--list')).toContain('CR-1  fix-route  pending')
})
