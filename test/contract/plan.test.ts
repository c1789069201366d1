import { describe, expect, test } from 'vitest'
import type { CheckResult } from '../../src/contract/check.ts'
import { digestOf, inverse, isEmpty, type Plan, subjectsOf } from '../../src/contract/plan.ts'
import { canonical, type Json } from '../../src/entities/json.ts'
import { changesBetween } from '../../src/register/saves/rules.ts'

const nothing: Plan = { updates: [], inserts: [], effects: [] }
const update: Plan['updates'][number] = {
  table: 'trainees',
  id: '5901',
  changes: { training_route: [1, 4], course_subject_one: ['mathematics', null] },
  save: 'audited',
}
const plan: Plan = { ...nothing, updates: [update] }
const insert = { table: 'dttp_schools', values: { urn: '900001', status_code: 1 } } as const
const enqueue = { kind: 'enqueue', job: 'retrieve-trn', args: { trainee: '5901', poll_for: '1 day' } } as const
const retry = { kind: 'retry', job: 'register-for-trn', jobId: 'abc', fingerprint: 'f', trainee: '5901' } as const
const card = { kind: 'trello-card', title: 'T', text: 't' } as const
const manual = { kind: 'manual-step', title: 'Ask DTTP', text: 'Please' } as const

describe('canonical JSON', () => {
  test('has sorted keys at every depth and no white space', () => {
    expect(canonical({ b: [{ z: 1, a: null }], a: 'x', ä: true, Z: 1.5 })).toBe(
      '{"Z":1.5,"a":"x","b":[{"a":null,"z":1}],"ä":true}',
    )
  })

  test('keeps the order of lists', () => {
    expect(canonical([2, 1])).not.toBe(canonical([1, 2]))
  })

  test('can be read back', () => {
    const value = { text: '"\\\n\u0000\u2028Ω😀', deep: { empty: {}, list: [[], [null]] }, number: -1e-7 }
    expect(JSON.parse(canonical(value))).toEqual(value)
  })

  test('tells apart what could be mixed up', () => {
    const values = [
      null,
      'null',
      0,
      '0',
      false,
      'false',
      '',
      [],
      {},
      [null],
      { a: null },
      ['a', 'b'],
      ['a,b'],
      { a: 'b' },
    ]
    expect(new Set(values.map(canonical)).size).toBe(values.length)
  })

  test('leaves out members that are undefined, as JSON does', () => {
    expect(canonical({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  test.each([
    ['undefined', undefined],
    ['undefined in a list', [undefined]],
    ['NaN', Number.NaN],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['a bigint', 1n],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a function', () => 1],
  ])('refuses %s rather than dropping it', (_, value) => {
    expect(() => canonical(value)).toThrow('is not JSON')
  })
})

describe('the digest', () => {
  const check: CheckResult = {
    id: 'state',
    sentence: 'It is open',
    verdict: 'holds',
    found: 'It is.',
    evidence: { state: 1 },
  }
  const approved = {
    changeRequest: '12',
    playbook: 'fix-route',
    version: 1,
    form: { subject: 'abc', reason: 'Wrong route' } as Json,
    plan,
    checks: [check],
    database: 'one',
  }
  const digest = digestOf(approved)

  test('is a SHA-256 in hex', () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
  })

  test('does not depend on the order of keys', () => {
    const shuffle = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffle)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, shuffle(member)]),
      )
    }
    expect(digestOf(shuffle(approved) as typeof approved)).toBe(digest)
  })

  test('survives jsonb, which orders keys in its own way', () => {
    expect(digestOf(JSON.parse(JSON.stringify(approved)))).toBe(digest)
  })

  test('does not depend on the words of a check, only on what it found', () => {
    const reworded = { ...check, sentence: 'The record is open', found: 'Pending TRN, 3 days ago.' }
    expect(digestOf({ ...approved, checks: [reworded] })).toBe(digest)
  })

  const withUpdate = (change: Partial<typeof update>) => ({ plan: { ...plan, updates: [{ ...update, ...change }] } })
  const withCheck = (change: Partial<CheckResult>) => ({ checks: [{ ...check, ...change }] })

  test.each<[string, Partial<typeof approved>]>([
    ['the request', { changeRequest: '13' }],
    ['the playbook', { playbook: 'requeue-trn' }],
    ['its version', { version: 2 }],
    ['the form', { form: { subject: 'abc', reason: 'Wrong route.' } }],
    ['a form field more', { form: { subject: 'abc', reason: 'Wrong route', ticket: '' } }],
    ['the database', { database: 'two' }],
    ['the row', withUpdate({ id: '5902' })],
    ['the table', withUpdate({ table: 'dttp_schools' })],
    ['how it is saved', withUpdate({ save: 'columns-only' })],
    ['a value before', withUpdate({ changes: { ...update.changes, training_route: [2, 4] } })],
    ['a value after', withUpdate({ changes: { ...update.changes, training_route: [1, 5] } })],
    ['a column more', withUpdate({ changes: { ...update.changes, study_mode: [1, null] } })],
    ['a column less', withUpdate({ changes: { training_route: [1, 4] } })],
    ['a text that was a number', withUpdate({ changes: { ...update.changes, training_route: ['1', 4] } })],
    ['an update more', { plan: { ...plan, updates: [update, { ...update, id: '5902' }] } }],
    ['an insert', { plan: { ...plan, inserts: [insert] } }],
    ['a job', { plan: { ...plan, effects: [enqueue] } }],
    ['a delay of a job', { plan: { ...plan, effects: [{ ...enqueue, delaySeconds: 1 }] } }],
    ['the words of a manual step', { plan: { ...plan, effects: [manual] } }],
    ['a verdict', withCheck({ verdict: 'warns' })],
    ['the evidence', withCheck({ evidence: { state: 2 } })],
    ['a check’s id', withCheck({ id: 'route' })],
    ['a check more', { checks: [check, { ...check, id: 'route' }] }],
    ['a check less', { checks: [] }],
  ])('changes with %s', (_, change) => {
    expect(digestOf({ ...approved, ...change })).not.toBe(digest)
  })
})

describe('the rows that a plan writes', () => {
  test('are named once each, in one order', () => {
    const both: Plan = {
      ...nothing,
      updates: [{ ...update, id: '7' }, update, update],
      inserts: [insert],
      effects: [enqueue, card, manual, retry],
    }
    expect(subjectsOf(both)).toEqual([
      'dttp_schools:new:{"status_code":1,"urn":"900001"}',
      'trainees:5901',
      'trainees:7',
    ])
  })

  test('of a plan that only enqueues a job are the trainee that it is for', () => {
    expect(subjectsOf({ ...nothing, effects: [enqueue] })).toEqual(['trainees:5901'])
  })
})

describe('a plan does nothing', () => {
  test.each<[string, Plan, boolean]>([
    ['when it is empty', nothing, true],
    ['when its updates change no column', { ...nothing, updates: [{ ...update, changes: {} }] }, true],
    ['when it only tells people to do something', { ...nothing, effects: [manual] }, true],
    ['but not when it changes a column', plan, false],
    ['but not when it adds a row', { ...nothing, inserts: [insert] }, false],
    ['but not when it enqueues a job', { ...nothing, effects: [manual, enqueue] }, false],
  ])('%s', (_, given, empty) => {
    expect(isEmpty(given)).toBe(empty)
  })
})

describe('the way back', () => {
  test('swaps before and after, and does nothing else', () => {
    expect(inverse(plan)).toEqual({
      plan: {
        ...nothing,
        updates: [{ ...update, changes: { training_route: [4, 1], course_subject_one: [null, 'mathematics'] } }],
      },
    })
  })

  test('of the way back is the plan, without its words for people', () => {
    const back = inverse({ ...plan, effects: [manual] })
    expect('plan' in back && inverse(back.plan)).toEqual({ plan })
  })

  test('does not exist where something cannot be taken back, and every reason is given', () => {
    const given = inverse({ ...plan, inserts: [insert], effects: [enqueue, retry, card, manual] })
    expect(given).toEqual({
      refused: [
        'It added a school to Register’s list of those in DTTP.',
        'It started a job: “Ask DTTP for a TRN”.',
        'It started a job: “Register with DTTP”.',
        'It added a Trello card.',
      ],
    })
  })
})

describe('what differs between two rows', () => {
  test('is each wanted column that does not hold the wanted value', () => {
    const before = { route: 1, subject: 'maths', progress: { a: true, b: false }, other: 'x' }
    const after = { route: 4, subject: 'maths', progress: { b: false, a: true } }
    expect(changesBetween(before, after)).toEqual({ route: [1, 4] })
  })

  test('treats a missing column as empty', () => {
    expect(changesBetween({}, { subject: null, route: 1 })).toEqual({ route: [null, 1] })
  })

  test('tells 0, false, "" and empty apart', () => {
    const before = { a: null, b: null, c: null }
    expect(Object.keys(changesBetween(before, { a: 0, b: false, c: '' }))).toEqual(['a', 'b', 'c'])
  })
})
