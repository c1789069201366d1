import { describe, expect, it } from 'vitest'
import type { Effect } from '../../../src/contract/effect.ts'
import type { Update } from '../../../src/contract/plan.ts'
import { schoolRow } from '../../../src/register/schools/schools.ts'
import { describeEffects } from '../../../src/views/request/effects.ts'
import { describeChanges } from '../../../src/views/request/values.ts'
import { EMPTY_PLAN, planOf, ROUTE_PLAN } from '../builders.ts'

function hidden(changes: Update['changes']) {
  return describeChanges(planOf(changes), { reveal: false })
}

function revealed(changes: Update['changes']) {
  return describeChanges(planOf(changes), { reveal: true })
}

describe('a change in words', () => {
  it('says what schools are called, beside the numbers of their rows', () => {
    const schools = new Map([
      [schoolRow('schools', '12'), 'URN 900001, Example School'],
      [schoolRow('dttp_schools', '7'), 'URN 900004, Other School'],
    ])
    const plan = planOf({ lead_school_id: ['12', null], employing_school_id: ['13', null] })
    const repaired: Update = { table: 'dttp_schools', id: '7', changes: { status_code: [2, 1] }, save: 'columns-only' }
    const all = { ...plan, updates: [...plan.updates, repaired] }
    const described = describeChanges(all, { reveal: false, schools })
    expect(described.map(({ label, before }) => [label, before])).toEqual([
      ['Lead school (trainee 5913)', 'school 12 (URN 900001, Example School)'],
      ['Employing school (trainee 5913)', 'school 13'],
      ['DTTP status (URN 900004, Other School)', 'Inactive'],
    ])
  })

  it('puts the route first and progress last', () => {
    expect(describeChanges(ROUTE_PLAN, { reveal: false }).map(({ label }) => label)).toEqual([
      'Training route',
      'Course subject',
      'Course start date',
      'Study mode',
      'Applying for bursary',
      'Lead school',
      'First names',
      'Progress: course details',
      'Progress: funding',
    ])
  })

  it.each([
    ['training_route', 1, 11, 'Provider-led (postgrad)', 'HPITT'],
    ['state', 0, 1, 'Draft', 'Pending TRN'],
    ['state', 6, 4, 'Qualification awarded', 'Withdrawn'],
    ['study_mode', 0, 1, 'Part time', 'Full time'],
    ['training_initiative', 4, 2, 'Not on a training initiative', 'Now Teach'],
    ['bursary_tier', 0, null, 'Tier 1', 'empty'],
    ['course_education_phase', 1, 7, 'Secondary', 'Unknown (7)'],
    ['applying_for_grant', true, false, 'Yes', 'No'],
    ['course_min_age', 11, 0, '11', '0'],
    ['course_subject_one', 'maths', '', '“maths”', '“”'],
    ['course_start_date', '2021-10-27', '0021-10-27', '27 October 2021', '27 October 21'],
    ['submitted_for_trn_at', '2021-10-27T13:14:03.123456', null, '27 October 2021 at 2:14pm', 'empty'],
    ['lead_school_id', '12', null, 'school 12', 'empty'],
    ['dttp_id', '6a61d94f-5060-4d57-8676-bdb265a5b949', null, '6a61d94f-5060-4d57-8676-bdb265a5b949', 'empty'],
    ['region', 'London', 'null', '“London”', '“null”'],
  ] as const)('shows %s from %j to %j', (column, before, after, from, to) => {
    expect(hidden({ [column]: [before, after] })).toMatchObject([{ before: from, after: to, note: null }])
  })

  it('never shows two different values alike', () => {
    const before = '2021-10-27T13:14:03.123456'
    const after = '2021-10-27T13:14:03.123457'
    expect(hidden({ submitted_for_trn_at: [before, after] })).toMatchObject([
      { before: `"${before}"`, after: `"${after}"` },
    ])
  })

  it('writes out characters that would change the line without being seen', () => {
    expect(hidden({ region: ['a\u202eb', 'a\u200bb'] })).toMatchObject([
      { before: '“a{U+202E}b”', after: '“a{U+200B}b”' },
    ])
  })

  it('names the row where it is not the trainee alone', () => {
    const school = { table: 'dttp_schools', id: '7', changes: { status_code: [2, 1] }, save: 'audited' } as const
    expect(describeChanges({ ...EMPTY_PLAN, updates: [school] }, { reveal: false })).toEqual([
      { label: 'DTTP status (DTTP school 7)', before: 'Inactive', after: 'Active', note: null },
    ])
  })

  it('lists every column of a row that is added', () => {
    const plan = {
      ...EMPTY_PLAN,
      inserts: [{ table: 'dttp_schools', values: { name: 'Hill', urn: '100001' } } as const],
    }
    expect(describeChanges(plan, { reveal: false })).toEqual([
      { label: 'Name (new DTTP school)', before: 'not there', after: '“Hill”', note: null },
      { label: 'Urn (new DTTP school)', before: 'not there', after: '100001', note: null },
    ])
  })
})

describe('progress', () => {
  it('shows only the parts that change', () => {
    const before = { course_details: true, degrees: true }
    const after = { course_details: false, degrees: true, funding: false }
    expect(hidden({ progress: [before, after] })).toEqual([
      { label: 'Progress: course details', before: 'complete', after: 'not complete', note: null },
    ])
  })

  it('says so when parts are only written out, and to the approver always', () => {
    const note = 'parts that were not recorded are written out as not complete (funding)'
    expect(hidden({ progress: [{}, { funding: false }] })).toMatchObject([{ label: 'Progress', before: null, note }])
    const both = revealed({ progress: [{ degrees: true }, { degrees: false, funding: false }] })
    expect(both.map(({ label }) => label)).toEqual(['Progress: degrees', 'Progress'])
  })
})

describe('entries of progress that Register does not know', () => {
  const odd = JSON.parse('{"degrees":true,"Jane Smythe":"secret","constructor":"secret","__proto__":{"a":"secret"}}')

  it.each([
    ['removed', odd, { degrees: true }, 'recorded', 'not recorded'],
    ['added', { degrees: true }, odd, 'not recorded', 'recorded'],
    ['changed', { ...odd, legacy: 1 }, odd, 'recorded', 'recorded differently'],
  ])('are said to be %s, without their names and values', (became, before, after, from, to) => {
    const described = [{ label: `Progress: other entries ${became}`, before: from, after: to, note: null }]
    expect(hidden({ progress: [before, after] })).toEqual(described)
    expect(revealed({ progress: [before, after] })).toEqual(described)
  })

  it('are not mentioned when they stay as they are', () => {
    const reordered = Object.fromEntries(Object.entries(odd).reverse())
    expect(hidden({ progress: [odd, { ...reordered, degrees: false }] })).toMatchObject([
      { label: 'Progress: degrees', before: 'complete', after: 'not complete' },
    ])
  })

  it('leave the ten parts in words, whatever is stored in them', () => {
    expect(hidden({ progress: [{ degrees: 'Jane', funding: 'true', schools: 'off' }, { degrees: false }] })).toEqual([
      { label: 'Progress: degrees', before: 'complete', after: 'not complete', note: null },
      { label: 'Progress: schools', before: 'not complete', after: 'not recorded', note: null },
      { label: 'Progress: funding', before: 'complete', after: 'not recorded', note: null },
    ])
  })
})

describe('a personal value', () => {
  it.each([
    [' Anna  Maria', 'Anna Maria', 'extra spaces removed'],
    ['Anna', 'Hannah', 'changed'],
    [null, 'Anna', 'set'],
    ['', 'Anna', 'set'],
    ['Anna', null, 'emptied'],
    ['Anna', '  ', 'emptied'],
    ['AnnaMaria', 'Anna Maria', 'only spaces change'],
  ])('is not shown, only what happens to it: %j to %j', (before, after, note) => {
    expect(hidden({ first_names: [before, after] })).toEqual([
      { label: 'First names', before: null, after: null, note },
    ])
  })

  it('is shown exactly to the approver, with spaces that can be seen', () => {
    expect(revealed({ first_names: [' Anna  Maria', 'Anna Maria'] })).toEqual([
      {
        label: 'First names',
        before: '“ Anna  Maria” (each · is a space: “·Anna··Maria”)',
        after: '“Anna Maria”',
        note: 'extra spaces removed',
      },
    ])
    expect(revealed({ gender: [0, 1], date_of_birth: ['1999-02-03', null] })).toMatchObject([
      { label: 'Date of birth', before: '3 February 1999', after: 'empty' },
      { label: 'Gender', before: 'Male', after: 'Female' },
    ])
  })
})

it('tells in words what happens besides the changes', () => {
  const plan = {
    updates: [{ table: 'trainees', id: '1', changes: { dttp_id: ['a', null] }, save: 'columns-only' }],
    inserts: [],
    effects: [
      { kind: 'enqueue', job: 'update-trainee', args: { trainee: '5913' }, delaySeconds: 3600 },
      { kind: 'retry', job: 'register-for-trn', jobId: 'j1', fingerprint: 'f1', trainee: '5913' },
      { kind: 'trello-card', title: 'Update school', text: 'URN 100001' },
      { kind: 'manual-step', title: 'Ask DTTP', text: 'Please' },
    ],
  } as const
  expect(describeEffects(plan).map(({ title }) => title)).toEqual([
    'Register’s timeline will not show these changes',
    'Send the record of trainee 5913 to DTTP in 1 hour',
    'Register trainee 5913 with DTTP: the job that failed runs again',
    'Add a Trello card: Update school',
    'To do by hand: Ask DTTP',
  ])
})

it('tells Register’s jobs in words for people, and small which job it is', () => {
  const kind = 'enqueue'
  const at = { delaySeconds: 0 }
  const told = { slug: null, hash: 'a1', shows: {} }
  const effects: Effect[] = [
    { kind, job: 'retrieve-trn', args: { trainee: '5902', poll_for: '1 day' }, ...at },
    { kind, job: 'retrieve-trn', args: { trainee: '5902', poll_for: 'the end of the next working day' }, ...at },
    { kind, job: 'retrieve-trn', args: { trainee: '5902', poll_for: '4 days' }, delaySeconds: 3600 },
    { kind, job: 'register-for-trn', args: { trainee: '5913', submitted_by: 'e1' }, ...at, told },
    { kind, job: 'register-for-trn', args: { trainee: '5914', submitted_by: 'e2' }, ...at },
    { kind, job: 'change-trainee-status', args: { trainee: '5913', status: 's', entity: 'contact' }, ...at },
    { kind, job: 'update-trainee', args: { trainee: '5913' }, ...at },
    { kind, job: 'sync-schools', args: { urn: '900001' } },
    { kind: 'retry', job: 'register-for-trn', jobId: 'j1', fingerprint: '3', trainee: '5913', told },
  ]
  const described = describeEffects({ updates: [], inserts: [], effects })
  expect(described.map(({ title }) => title)).toEqual([
    'Ask DTTP for the TRN of trainee 5902 at once, then every hour for 1 day',
    'Ask DTTP for the TRN of trainee 5902 at once, then every hour until the end of the next working day',
    'Ask DTTP for the TRN of trainee 5902 in 1 hour, then every hour for 4 days',
    'Register trainees 5913 and 5914 with DTTP at once',
    'Set the status of trainee 5913 in DTTP at once',
    'Send the record of trainee 5913 to DTTP at once',
    'Fetch the schools from DTTP at once',
    'Register trainee 5913 with DTTP: the job that failed runs again',
  ])
  expect(described.map(({ details }) => details).filter(Boolean)).toEqual([
    'Trainee 5914: It sends the record as it is in Register then.',
    'Status: s, on the trainee’s record.',
    'It sends the record as it is in Register then.',
  ])
  expect(described.map(({ small }) => small)).toEqual([
    'Dttp::RetrieveTrnJob',
    'Dttp::RetrieveTrnJob',
    'Dttp::RetrieveTrnJob',
    'Dttp::RegisterForTrnJob; Trainee 5913: submitted by e1; Trainee 5914: submitted by e2',
    'Dttp::ChangeTraineeStatusJob',
    'Dttp::UpdateTraineeJob',
    'Dttp::SyncSchoolsJob; URN 900001',
    'Dttp::RegisterForTrnJob; job j1, 3',
  ])
})
