import { describe, expect, test } from 'vitest'
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

describe('run by the owner of Register’s tables, who is no superuser,', () => {
  const alter = (sql: string) => withClient(use.scratch.adminUrl, (admin) => admin.query(sql))

  test('the grants are given beside what others own', async () => {
    const before = await readRights()
    await alter(`
      CREATE TABLE public.trainees_backup AS TABLE public.trainees; CREATE SEQUENCE public.of_others;
      REVOKE ALL ON public.trainees FROM chatops_app; GRANT SELECT ON public.trainees TO chatops_app;
      GRANT UPDATE (slug) ON public.trainees TO chatops_app; GRANT DELETE ON public.audits TO chatops_app`)
    await grantRights(use.scratch.adminUrl)
    expect(await readRights()).toEqual(before)
    const { rows } = await alter(`SELECT has_table_privilege('chatops_app', 'audits', 'DELETE') AS deletes`)
    expect(rows).toEqual([{ deletes: false }])
  })

  test.each([
    [
      'the bot has rights on what others own',
      'CREATE TABLE public.x (); GRANT SELECT ON x TO chatops_app',
      /rights on x that only its owner, postgres/,
    ],
    [
      'a table belongs to somebody else',
      'REVOKE ALL ON degrees FROM chatops_app; ALTER TABLE degrees OWNER TO postgres; GRANT SELECT ON degrees TO rails',
      /degrees belongs to postgres/,
    ],
    [
      'the database does, and our owner may not create in it',
      'REVOKE CREATE ON DATABASE :name FROM chatops_owner',
      /Have its owner, postgres, run: GRANT CONNECT, CREATE/,
    ],
    [
      'the bot may not look into the schema',
      'REVOKE USAGE ON SCHEMA public FROM chatops_app, PUBLIC; GRANT USAGE ON SCHEMA public TO rails',
      /GRANT USAGE ON SCHEMA public TO chatops_app/,
    ],
  ])('nothing is changed, and that is said, if %s', async (_, statements, said) => {
    await alter(statements.replace(':name', use.scratch.name))
    const before = await readRights()
    await expect(grantRights(use.scratch.adminUrl)).rejects.toThrow(said)
    expect(await readRights()).toEqual(before)
  })
})
