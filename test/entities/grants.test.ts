import { expect, test } from 'vitest'
import { grantRights, withClient } from '../../sandbox/register/database.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch({ forEach: 'test' })

/** What the bot may do with each column and sequence of Register's. */
async function readRights(): Promise<string[]> {
  const { rows } = await withClient(use.scratch.adminUrl, (admin) => admin.query(RIGHTS))
  return rows.map(({ may }) => may)
}

const RIGHTS = `
  SELECT concat_ws(' ', privilege_type, table_name, column_name) AS may FROM information_schema.column_privileges
  WHERE grantee = 'chatops_app' AND table_schema = 'public'
  UNION SELECT concat_ws(' ', privilege_type, object_name) FROM information_schema.usage_privileges
  WHERE grantee = 'chatops_app' AND object_schema = 'public'
  ORDER BY may`

test('run again, the grants are the same', async () => {
  const before = await readRights()
  await grantRights(use.scratch.adminUrl)
  expect(await readRights()).toEqual(before)
  expect(before).toContain('UPDATE trainees bursary_tier')
})

test('what Register does not have any more, or calls by another name, costs the bot no other right', async () => {
  const before = await readRights()
  const isGone = (may: string) => / (bursary_tier|disabilities|audits_id_seq)( |$)/.test(may)
  const isRenamed = (may: string) => may.endsWith(' users dttp_id')
  await withClient(use.scratch.adminUrl, (admin) =>
    admin.query(`
      ALTER TABLE trainees DROP COLUMN bursary_tier;
      ALTER TABLE users RENAME dttp_id TO dttp_uuid;
      DROP TABLE disabilities CASCADE;
      ALTER SEQUENCE audits_id_seq RENAME TO audits_seq`),
  )
  await grantRights(use.scratch.adminUrl)
  expect(await readRights()).toEqual(before.filter((may) => !isGone(may) && !isRenamed(may)))
})
