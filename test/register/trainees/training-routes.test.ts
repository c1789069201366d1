import { describe, expect, test } from 'vitest'
import { Trainee } from '../../../src/entities/register/trainee.ts'
import { schoolsSentBy } from '../../../src/register/schools/sent-schools.ts'
import {
  applyRoute,
  awardOf,
  EMPTIED_BY_ROUTE_CHANGE,
  findRoute,
  isEarlyYears,
  isRouteAllowed,
  isTrainingRoute,
  ROUTE_NAMES,
  requiresDegree,
  requiresStudyMode,
  routeLabel,
  TRAINING_ROUTES,
  type TrainingRoute,
} from '../../../src/register/trainees/training-routes.ts'

const on = { isEnabled: () => true }
const off = { isEnabled: () => false }
const where = (holds: (route: TrainingRoute) => boolean) => ROUTE_NAMES.filter(holds)

test('the routes have the numbers of Register’s enum', () => {
  const codes = Object.fromEntries(ROUTE_NAMES.map((name) => [TRAINING_ROUTES[name].code, name]))
  expect(codes).toEqual({
    0: 'assessment_only',
    1: 'provider_led_postgrad',
    2: 'early_years_undergrad',
    3: 'school_direct_tuition_fee',
    4: 'school_direct_salaried',
    5: 'pg_teaching_apprenticeship',
    6: 'early_years_assessment_only',
    7: 'early_years_salaried',
    8: 'early_years_postgrad',
    9: 'provider_led_undergrad',
    10: 'opt_in_undergrad',
    11: 'hpitt_postgrad',
  })
})

test('a number is turned back into its route, and one that Register added since into words', () => {
  for (const name of ROUTE_NAMES) expect(findRoute(TRAINING_ROUTES[name].code)).toBe(name)
  expect([findRoute(null), findRoute(12), findRoute(-1)]).toEqual([null, null, null])
  expect([routeLabel(4), routeLabel(null), routeLabel(12)]).toEqual([
    'School direct (salaried)',
    'no route',
    'an unknown route (12)',
  ])
})

test('only the names on the list are routes', () => {
  expect(isTrainingRoute('hpitt_postgrad')).toBe(true)
  for (const name of ['', 'HPITT', '__proto__', 'toString', 'constructor']) expect(isTrainingRoute(name)).toBe(false)
})

describe('what a route asks for', () => {
  const earlyYears = where((route) => route.startsWith('early_years'))

  test('early-years routes lead to EYTS, the others to QTS', () => {
    expect(where(isEarlyYears)).toEqual(earlyYears)
    expect(where((route) => awardOf(route) === 'EYTS')).toEqual(earlyYears)
  })

  test('undergraduate routes ask for no degree', () => {
    expect(where((route) => !requiresDegree(route))).toEqual([
      'early_years_undergrad',
      'provider_led_undergrad',
      'opt_in_undergrad',
    ])
  })

  test('assessment-only routes ask for no study mode, and none does while the flag is off', () => {
    expect(where((route) => !requiresStudyMode(route))).toEqual(['assessment_only', 'early_years_assessment_only'])
  })

  test('three routes send a lead school and two an employing school, while the route’s flag is on', () => {
    expect(where((route) => schoolsSentBy(route, on).includes('lead'))).toEqual([
      'school_direct_tuition_fee',
      'school_direct_salaried',
      'pg_teaching_apprenticeship',
    ])
    expect(where((route) => schoolsSentBy(route, on).includes('employing'))).toEqual([
      'school_direct_salaried',
      'pg_teaching_apprenticeship',
    ])
    expect(where((route) => schoolsSentBy(route, off).length > 0)).toEqual([])
    const one = { isEnabled: (flag: string) => flag === 'routes.school_direct_salaried' }
    expect(where((route) => schoolsSentBy(route, one).includes('lead'))).toEqual(['school_direct_salaried'])
  })

  test('HPITT is for the provider HPITT alone, which can use no other route', () => {
    expect(where((route) => isRouteAllowed(route, 'HPITT'))).toEqual(['hpitt_postgrad'])
    for (const code of ['D10', 'hpitt', ' HPITT', '', null])
      expect(where((route) => !isRouteAllowed(route, code))).toEqual(['hpitt_postgrad'])
  })
})

describe('a route change', () => {
  const trainee = (columns: Partial<Trainee> = {}) =>
    Object.assign(new Trainee(), { training_route: 1, progress: { degrees: true, funding: true }, ...columns })

  test('empties course and funding, unticks both, and keeps the rest of the progress', () => {
    const after = applyRoute(trainee(), 'assessment_only')
    expect(after.training_route).toBe(0)
    for (const column of EMPTIED_BY_ROUTE_CHANGE) expect(after[column]).toBeNull()
    expect(after.progress).toMatchObject({ degrees: true, course_details: false, funding: false })
    expect(Object.keys(after.progress ?? {})).toHaveLength(10)
    expect(Object.keys(after)).toHaveLength(EMPTIED_BY_ROUTE_CHANGE.length + 2)
  })

  test('to an early-years route then sets its subject and ages', () => {
    const after = applyRoute(trainee(), 'early_years_salaried')
    expect(after).toMatchObject({ course_subject_one: 'early years teaching', course_min_age: 0, course_max_age: 5 })
    expect(after.course_subject_two).toBeNull()
  })

  test('to the route that it is on changes nothing, but for those of early years', () => {
    expect(applyRoute(trainee(), 'provider_led_postgrad')).toEqual({ training_route: 1 })
    expect(applyRoute(trainee({ training_route: 8 }), 'early_years_postgrad')).toEqual({
      training_route: 8,
      course_subject_one: 'early years teaching',
      course_min_age: 0,
      course_max_age: 5,
    })
  })

  test('of a record without a route or progress works too', () => {
    const after = applyRoute(trainee({ training_route: null, progress: null }), 'hpitt_postgrad')
    expect(after.training_route).toBe(11)
    expect(Object.values(after.progress ?? {})).toEqual(Array(10).fill(false))
  })

  test('leaves the record that it was given as it was', () => {
    const before = trainee({ study_mode: 1 })
    const copy = structuredClone({ ...before })
    applyRoute(before, 'early_years_salaried')
    expect({ ...before }).toEqual(copy)
  })
})
