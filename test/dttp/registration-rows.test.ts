import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findRegistrationRows, routeRules } from '../../src/dttp/registration-rows.ts'
import { inSnapshot } from '../../src/entities/snapshot.ts'
import { loadRegistration } from '../parity/load-registration.ts'
import { type RegisterForTrnCase, runRegisterForTrnCase } from '../parity/register-for-trn.ts'
import { useWorld } from '../support/world.ts'

const CASES: RegisterForTrnCase[] = JSON.parse(
  readFileSync(new URL('../parity/cases/register-for-trn.json', import.meta.url), 'utf8'),
)

const use = useWorld()

const find = (id: string) => inSnapshot(use.world.database, (sql) => findRegistrationRows(sql, id))

test('what is read by SQL gives Register’s payloads, in each of its 120 recorded registrations', async () => {
  const differing: string[] = []
  for (const recorded of CASES) {
    await loadRegistration(use.admin, recorded)
    const rows = await find(String(recorded.trainee['id']))
    if (!rows) throw new Error('the trainee is not there')
    differing.push(...runRegisterForTrnCase(recorded, rows).map((words) => `${recorded.name}: ${words}`))
  }
  expect(differing).toEqual([])
})

test('a trainee who is not there has no rows', async () => {
  expect(await find('424242')).toBeNull()
})

test('a nationality that a trainee was given twice counts twice, and nobody else’s counts', async () => {
  const [recorded] = CASES
  if (!recorded) throw new Error('no case')
  await loadRegistration(use.admin, recorded)
  const id = String(recorded.trainee['id'])
  const before = await find(id)
  await use.admin.query(`INSERT INTO public.nationalisations (id, trainee_id, nationality_id, created_at, updated_at)
    SELECT 900, trainee_id, nationality_id, created_at, updated_at FROM public.nationalisations ORDER BY id LIMIT 1`)
  await use.admin.query(`INSERT INTO public.nationalisations (id, trainee_id, nationality_id, created_at, updated_at)
    SELECT 901, 77, nationality_id, created_at, updated_at FROM public.nationalisations ORDER BY id LIMIT 1`)
  const after = await find(id)
  expect(after?.nationalities).toHaveLength((before?.nationalities.length ?? 0) + 1)
})

test('a route’s schools are sent only while Register’s flag for the route is on', () => {
  const salaried = { training_route: 4 }
  const rules = { requiresDegree: true, schools: ['lead', 'employing'] }
  expect(routeRules(salaried, { isEnabled: () => true })).toEqual(rules)
  expect(routeRules(salaried, { isEnabled: (flag) => flag !== 'routes.school_direct_salaried' })).toEqual({
    ...rules,
    schools: [],
  })
})

test('a route that Register added since asks for nothing that we know', () => {
  expect(routeRules({ training_route: 99 }, { isEnabled: () => true })).toEqual({
    requiresDegree: false,
    schools: [],
  })
})
