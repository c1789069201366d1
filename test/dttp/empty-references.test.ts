import { describe, expect, test } from 'vitest'
import { preflight, preflightUpdate, registrationProblems, updateProblems } from '../../src/dttp/payloads/preflight.ts'
import { NO_SCHOOLS_NO_DEGREE, registrationRows, rules } from './registration-rows.ts'

const SUBMITTER = '00000000-0000-4000-8000-00000000000b'
const HPITT = 11
const ASSESSMENT_ONLY = 0

describe('what Register sends as an empty reference is named, where DTTP would refuse it', () => {
  test('a route that Register has no code for, and its qualification aim', () => {
    const rows = registrationRows({ training_route: HPITT })
    expect(registrationProblems(rows, NO_SCHOOLS_NO_DEGREE, SUBMITTER)).toEqual([
      {
        code: 'name-unknown',
        message: 'The qualification aim of the training route (“HPITT”) is not one that DTTP has a code for.',
      },
      { code: 'name-unknown', message: 'The training route (“HPITT”) is not one that DTTP has a code for.' },
    ])
  })

  test.each(['applying_for_bursary', 'applying_for_grant'] as const)(
    '%s on a route without a code for it',
    (funding) => {
      const rows = registrationRows({ training_route: ASSESSMENT_ONLY, [funding]: true })
      const message =
        'The bursary or grant on the training route (“Assessment only”) is not one that DTTP has a code for.'
      expect(registrationProblems(rows, NO_SCHOOLS_NO_DEGREE, SUBMITTER)).toEqual([{ code: 'name-unknown', message }])
      expect(updateProblems(rows, NO_SCHOOLS_NO_DEGREE)).toEqual([{ code: 'name-unknown', message }])
    },
  )

  test('an update names no route, which is sent only once', () => {
    const found = updateProblems(registrationRows({ training_route: HPITT }), NO_SCHOOLS_NO_DEGREE)
    expect(found.map(({ message }) => message)).toEqual([
      'The qualification aim of the training route (“HPITT”) is not one that DTTP has a code for.',
    ])
  })

  test('Register itself does not die of it', () => {
    const rows = registrationRows({ training_route: HPITT })
    expect(preflight(rows, NO_SCHOOLS_NO_DEGREE, SUBMITTER)).toEqual([])
    expect(preflightUpdate(rows, NO_SCHOOLS_NO_DEGREE)).toEqual([])
  })
})

test('they stand beside everything else that is missing', () => {
  const rows = registrationRows({ training_route: HPITT, gender: null })
  const messages = registrationProblems(rows, NO_SCHOOLS_NO_DEGREE, null).map(({ message }) => message)
  expect(messages).toEqual([
    'The trainee’s gender is not set.',
    'The user who submitted the trainee has no DTTP id.',
    'The qualification aim of the training route (“HPITT”) is not one that DTTP has a code for.',
    'The training route (“HPITT”) is not one that DTTP has a code for.',
  ])
})

test('a complete record has none', () => {
  expect(registrationProblems(registrationRows(), rules, SUBMITTER)).toEqual([])
  expect(updateProblems(registrationRows(), rules)).toEqual([])
})
