import { expect, test } from 'vitest'
import { timelineOf } from '../../../src/register/trainees/timeline.ts'

const SUBMITTED = '2021-10-18T09:12:44.281937'
const trainee = { submitted_for_trn_at: SUBMITTED }

let next = 1
function audit(changes: object, more: Partial<Parameters<typeof timelineOf>[1][number]> = {}) {
  const id = String(next++)
  return {
    id,
    auditable_type: 'Trainee',
    action: 'update',
    audited_changes: changes,
    request_uuid: `request ${id}`,
    created_at: '2021-10-19T10:00:00',
    ...more,
  }
}

function shown(audits: Parameters<typeof timelineOf>[1], of = trainee): string[] {
  return timelineOf(of, audits).map(({ what }) => what)
}

test('a change of state is one event, named after the new state', () => {
  expect(shown([audit({ state: [0, 1], trn: [null, '1'] })])).toEqual(['state submitted_for_trn'])
})

test('a trainee who was deferred is reinstated, unless they are withdrawn', () => {
  expect(shown([audit({ state: [5, 1] })])).toEqual(['state reinstated'])
  expect(shown([audit({ state: [5, 4] })])).toEqual(['state withdrawn'])
})

test('any other update is an event for each column that Register shows', () => {
  expect(shown([audit({ last_name: ['A', 'B'], study_mode: [0, 1], progress: [{}, {}] })])).toEqual([
    'Trainee study_mode',
    'Trainee last_name',
  ])
})

test('the ids that a registration writes show nowhere', () => {
  const degree = audit({ dttp_id: [null, 'x'] }, { auditable_type: 'Degree' })
  expect(shown([audit({ dttp_id: [null, 'x'], placement_assignment_dttp_id: [null, 'y'] }), degree])).toEqual([])
})

test('from nothing to an empty text is no event', () => {
  expect(shown([audit({ middle_names: [null, ''] })])).toEqual([])
})

test('what was before the submission shows only if it is the creation of the trainee', () => {
  const before = { created_at: '2021-10-18T09:12:44.281936' }
  const create = audit({}, { action: 'create', ...before })
  expect(shown([create, audit({ email: ['a', 'b'] }, before)])).toEqual(['Trainee create'])
  expect(shown([audit({ email: ['a', 'b'] }, { created_at: SUBMITTED })])).toEqual(['Trainee email'])
})

test('without a submission there is only the creation', () => {
  const create = audit({}, { action: 'create' })
  expect(shown([create, audit({ state: [0, 1] })], { submitted_for_trn_at: null as never })).toEqual(['Trainee create'])
})

test('of several audits of one request the first counts; newest come first', () => {
  const same = { request_uuid: 'one' }
  const audits = [
    audit({ email: ['a', 'b'] }, same),
    audit({ postcode: ['a', 'b'] }, same),
    audit({ town_city: ['a', 'b'] }, { created_at: '2021-10-20T10:00:00.5' }),
  ]
  expect(shown(audits)).toEqual(['Trainee town_city', 'Trainee email'])
})
