import { describe, expect, test } from 'vitest'
import { checksOf, isReadable, planOf } from '../../src/contract/stored.ts'

// As the first version of the bot stored them: what it wrote must stay readable.
const SETTLED = {
  updates: [
    {
      table: 'trainees',
      id: '5913',
      changes: { dttp_id: [null, 'c1'], progress: [{ degrees: true }, { degrees: false }] },
      save: 'audited',
    },
    { table: 'degrees', id: '12', changes: { dttp_id: [null, 'd1'] }, save: 'audited' },
  ],
  inserts: [],
  effects: [
    { kind: 'settle-registration', jobId: 'j1', trainee: '5913', outcome: 'registered' },
    { kind: 'enqueue', job: 'change-trainee-status', args: { trainee: '5913', status: 's', entity: 'contact' } },
    { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5913', poll_for: '4 days' }, delaySeconds: 3600 },
    { kind: 'manual-step', title: 'Ask', text: 'Please' },
  ],
}
const REPAIRED = {
  updates: [{ table: 'dttp_schools', id: '804', changes: { status_code: [2, 1] }, save: 'audited' }],
  inserts: [{ table: 'dttp_schools', values: { dttp_id: 'a1', name: 'Demo', urn: '900005', status_code: 1 } }],
  effects: [
    { kind: 'retry', job: 'register-for-trn', jobId: 'j1', fingerprint: '1', trainee: '5914' },
    { kind: 'enqueue', job: 'register-for-trn', args: { trainee: '5917', submitted_by: null } },
    { kind: 'enqueue', job: 'update-trainee', args: { trainee: '5903' } },
    { kind: 'enqueue', job: 'sync-schools', args: { urn: '900005' } },
    { kind: 'trello-card', title: 'Update', text: 'URN 900004' },
  ],
}

describe('a plan that was kept', () => {
  test.each([
    ['with a registration that is settled', SETTLED],
    ['with schools and jobs', REPAIRED],
    ['that does nothing', { updates: [], inserts: [], effects: [] }],
  ])('%s is read as it was written', (_what, plan) => {
    expect(planOf({ plan })).toEqual(plan)
  })

  test('is empty once it is purged', () => {
    expect(planOf({ plan: null })).toEqual({ updates: [], inserts: [], effects: [] })
  })

  const [update] = REPAIRED.updates
  test.each<[string, object]>([
    ['a table that no plan writes', { ...REPAIRED, updates: [{ ...update, table: 'users' }] }],
    ['a job that there is not', { ...REPAIRED, effects: [{ kind: 'enqueue', job: 'drop-schools', args: {} }] }],
    [
      'an argument more',
      { ...REPAIRED, effects: [{ kind: 'enqueue', job: 'sync-schools', args: { urn: '1', x: 1 } }] },
    ],
    ['an argument less', { ...REPAIRED, effects: [{ kind: 'enqueue', job: 'update-trainee', args: {} }] }],
    ['another kind of effect', { ...REPAIRED, effects: [{ kind: 'mail', to: 'all' }] }],
    ['a change without its after-value', { ...REPAIRED, updates: [{ ...update, changes: { status_code: [2] } }] }],
    ['a part more', { ...REPAIRED, deletes: [] }],
    ['nothing of a plan', {}],
  ])('is not read with %s', (_what, plan) => {
    expect(isReadable({ plan, checks: [] })).toBe(false)
    expect(() => planOf({ plan })).toThrow()
  })
})

describe('checks that were kept', () => {
  const check = {
    id: 'state',
    sentence: 'It is open',
    verdict: 'holds',
    found: 'It is.',
    evidence: { state: [1, null] },
  }

  test.each([
    ['as they are', [check]],
    ['with what they ask', [{ ...check, ask: { field: 'row', options: [{ value: '1', label: 'One' }] } }]],
  ])('are read %s', (_how, checks) => {
    expect(checksOf({ checks })).toEqual(checks)
  })

  test('are none once they are purged', () => {
    expect(checksOf({ checks: null })).toEqual([])
  })

  test.each([[[{ ...check, verdict: 'perhaps' }]], [[{ id: 'state' }]], [{ state: check }]])(
    'are not read: %j',
    (checks) => {
      expect(isReadable({ plan: null, checks })).toBe(false)
    },
  )
})
