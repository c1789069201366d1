import { expect, test } from 'vitest'
import { readSchoolNames } from '../../../src/changes/lists/school-names.ts'
import type { Plan } from '../../../src/contract/plan.ts'
import { useWorld } from '../../support/world.ts'
import { changeRequest, EMPTY_PLAN } from '../../views/builders.ts'

const use = useWorld({ rows: 'demo' })

const update = (table: 'trainees' | 'dttp_schools', id: string, changes: Plan['updates'][number]['changes']) =>
  ({ table, id, changes, save: 'columns-only' }) as const

test('schools are named by URN and name, as far as they are there', async () => {
  const [row] = await use.world.database.query<{ id: string; urn: string; name: string }[]>(
    'SELECT id, urn, name FROM public.dttp_schools ORDER BY id LIMIT 1',
  )
  const plan: Plan = {
    ...EMPTY_PLAN,
    updates: [
      update('trainees', '5903', { lead_school_id: ['702', null], employing_school_id: ['4000000', null] }),
      update('dttp_schools', row?.id ?? '', { status_code: [2, 1] }),
    ],
  }
  const names = await readSchoolNames(use.world.database, changeRequest({ plan }))
  expect([...names.keys()].sort()).toEqual([`dttp_schools:${row?.id}`, 'schools:702'])
  expect(names.get(`dttp_schools:${row?.id}`)).toBe(`URN ${row?.urn}, ${row?.name}`)
  expect(names.get('schools:702')).toMatch(/^URN 9000\d\d, .*School/)
})

test('what names no school, was purged or cannot be read asks for nothing', async () => {
  for (const plan of [EMPTY_PLAN, null, { updates: 'x' } as never]) {
    expect((await readSchoolNames(use.world.database, changeRequest({ plan }))).size).toBe(0)
  }
})
