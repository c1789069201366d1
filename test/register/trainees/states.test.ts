import { describe, expect, test } from 'vitest'
import { findState, stateLabel } from '../../../src/register/trainees/states.ts'
import { TRAINING_ROUTES } from '../../../src/register/trainees/training-routes.ts'

const QTS = TRAINING_ROUTES.provider_led_postgrad.code
const EYTS = TRAINING_ROUTES.early_years_salaried.code

test('the states have the numbers of Register’s enum', () => {
  expect([0, 1, 2, 3, 4, 5, 6].map((code) => [code, findState(code)])).toEqual([
    [0, 'draft'],
    [1, 'submitted_for_trn'],
    [2, 'trn_received'],
    [3, 'recommended_for_award'],
    [4, 'withdrawn'],
    [5, 'deferred'],
    [6, 'awarded'],
  ])
})

test('a number that is no state is none', () => {
  expect([findState(null), findState(7), findState(-1), findState(1.5)]).toEqual([null, null, null, null])
})

describe('the words for a state', () => {
  test.each([
    [0, 'Draft'],
    [1, 'Pending TRN'],
    [2, 'TRN received'],
    [4, 'Withdrawn'],
    [5, 'Deferred'],
  ])('%s is “%s”, whatever the route', (code, label) => {
    for (const route of [QTS, EYTS, null, 99]) expect(stateLabel(code, route)).toBe(label)
  })

  test('of a finished record name the award of its route', () => {
    expect([stateLabel(3, QTS), stateLabel(6, QTS)]).toEqual(['QTS recommended', 'QTS awarded'])
    expect([stateLabel(3, EYTS), stateLabel(6, EYTS)]).toEqual(['EYTS recommended', 'EYTS awarded'])
  })

  test('name no award on the HPITT route, which has none', () => {
    const hpitt = TRAINING_ROUTES.hpitt_postgrad.code
    expect([stateLabel(3, hpitt), stateLabel(6, hpitt)]).toEqual(['Qualification recommended', 'Qualification awarded'])
  })

  test('name no award where the route is not known', () => {
    expect([stateLabel(6, null), stateLabel(3, 99)]).toEqual(['Qualification awarded', 'Qualification recommended'])
  })

  test('say so where the state is not known', () => {
    expect(stateLabel(7, QTS)).toBe('Unknown state (7)')
  })
})
