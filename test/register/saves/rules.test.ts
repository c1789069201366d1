import { describe, expect, test } from 'vitest'
import { Trainee } from '../../../src/entities/register/trainee.ts'
import { applySaveRules } from '../../../src/register/saves/rules.ts'

const trainee = (columns: Partial<Trainee> = {}): Trainee =>
  Object.assign(new Trainee(), { first_names: 'Demo', last_name: 'One', progress: null, ...columns })

describe('names', () => {
  test.each([
    ['  Demo   One ', 'Demo One'],
    ['Demo\tOne\n', 'Demo One'],
    ['Demo\u00a0One', 'Demo One'],
    ['\u3000Demo\u2003\u2009One\u2028', 'Demo One'],
    ['Demo\u0085One', 'Demo One'],
    ['Demo\u202f\u205fOne', 'Demo One'],
    ['Demo\u1680One', 'Demo One'],
  ])('%j is saved as %j', (typed, saved) => {
    expect(applySaveRules(trainee({ first_names: typed }), {})).toMatchObject({ first_names: saved })
    expect(applySaveRules(trainee({ last_name: typed }), {})).toMatchObject({ last_name: saved })
  })

  test.each(['', ' ', '\u2003\u00a0\n'])('%j is saved as empty', (typed) => {
    expect(applySaveRules(trainee({ last_name: typed }), {})).toMatchObject({ last_name: null })
  })

  test.each(['De\u200bmo', '\ufeffDemo', 'Demo\u180eOne', 'Demo\u001cOne', 'Zoë O’Hara-Ω'])(
    '%j is no space to Ruby, and stays',
    (typed) => {
      expect(applySaveRules(trainee({ first_names: typed }), {})).toMatchObject({ first_names: typed })
    },
  )

  test('empty names stay empty', () => {
    const row = trainee({ first_names: null, last_name: null })
    expect(applySaveRules(row, {})).toEqual({ first_names: null, last_name: null })
  })
})

describe('schools', () => {
  const schools = { lead_school_id: '701', employing_school_id: '702' }

  test('are emptied where they do not apply', () => {
    const row = trainee({ ...schools, lead_school_not_applicable: true, employing_school_not_applicable: true })
    expect(applySaveRules(row, {})).toMatchObject({ lead_school_id: null, employing_school_id: null })
  })

  test('are left alone one by one', () => {
    const row = trainee({ ...schools, lead_school_not_applicable: true, employing_school_not_applicable: false })
    const saved = applySaveRules(row, {})
    expect(saved).toMatchObject({ lead_school_id: null })
    expect(saved).not.toHaveProperty('employing_school_id')
  })

  test.each([false, null])('are left alone where “not applicable” is %s', (flag) => {
    const row = trainee({ ...schools, lead_school_not_applicable: flag, employing_school_not_applicable: flag })
    expect(applySaveRules(row, {})).toEqual({ first_names: 'Demo', last_name: 'One' })
  })
})

describe('progress', () => {
  const all = {
    personal_details: false,
    contact_details: false,
    degrees: false,
    diversity: false,
    course_details: false,
    training_details: false,
    placement_details: false,
    trainee_data: false,
    schools: false,
    funding: false,
  }

  test('is not saved when none of its ten parts changed, however it was stored', () => {
    const ways: (Record<string, boolean> | null)[] = [null, {}, { funding: false }, { unknown: true }, all]
    for (const stored of ways)
      expect(applySaveRules(trainee({ progress: stored }), { progress: all })).not.toHaveProperty('progress')
  })

  test('is saved as given when a part changed', () => {
    const after = { ...all, degrees: true }
    expect(applySaveRules(trainee({ progress: { course_details: true } }), { progress: after })).toMatchObject({
      progress: after,
    })
  })

  test('is not touched when it was not assigned', () => {
    expect(applySaveRules(trainee({ progress: { degrees: true } }), { study_mode: 1 })).not.toHaveProperty('progress')
  })
})

test('what was assigned is saved, and nothing else is invented', () => {
  expect(applySaveRules(trainee(), { training_route: 4, study_mode: null })).toEqual({
    training_route: 4,
    study_mode: null,
    first_names: 'Demo',
    last_name: 'One',
  })
})
