import { describe, expect, test } from 'vitest'
import { formOf } from '../../src/contract/stored.ts'
import { readSubject, request, school, trainee } from '../../src/contract/subject.ts'

const SLUG = 'uXbAVBx2CwfAfMfxt5ujADWk'
const JOB = '5a000000-0000-4000-8000-000000000705'

describe('what a request is about', () => {
  test.each([
    ['a trainee’s slug', SLUG, { kind: 'trainee', id: SLUG }],
    ['a URN', 'URN 900002', { kind: 'urn', id: '900002' }],
    ['a URN of five digits', 'URN 90000', { kind: 'urn', id: '90000' }],
    ['a job', JOB, { kind: 'job', id: JOB }],
    ['a request', 'CR-12', { kind: 'request', id: '12' }],
  ])('is told by how it looks: %s', (_what, value, subject) => {
    expect(readSubject(value)).toEqual(subject)
  })
})

describe('where a school, a trainee or a job can be named', () => {
  const { schema } = school(async () => [])

  test.each([
    ['900002', 'URN 900002'],
    [' urn900002 ', 'URN 900002'],
    ['URN 90000', 'URN 90000'],
    ['5916', '5916'],
    ['https://register.example.test/trainees/abc123', 'https://register.example.test/trainees/abc123'],
    [SLUG, SLUG],
    [JOB.toUpperCase(), JOB],
  ])('%s is taken for %s', (typed, value) => {
    expect(schema.safeParse(typed)).toMatchObject({ success: true, data: value })
  })

  test.each([
    ['', 'Enter a trainee, a URN or a failed job.'],
    ['URN 12', 'A URN has 5 or 6 digits. Check it on GIAS.'],
    ['000123', 'A URN has 5 or 6 digits. Check it on GIAS.'],
    ['x'.repeat(301), 'Enter a shorter reference.'],
  ])('%s is refused in words', (typed, words) => {
    expect(schema.safeParse(typed).error?.issues[0]?.message).toBe(words)
  })
})

test('a request is named by its number, with or without CR', () => {
  const { schema } = request(async () => [])
  expect(['12', 'CR-12', 'cr-12'].map((typed) => schema.parse(typed))).toEqual(['CR-12', 'CR-12', 'CR-12'])
  expect(schema.safeParse('CR-0').error?.issues[0]?.message).toBe('Enter a request such as CR-12.')
})

test('a trainee has to be named', () => {
  expect(trainee().schema.safeParse(' ').error?.issues[0]?.message).toBe('Enter the trainee’s link, slug or number.')
})

describe('a form that an older version kept', () => {
  test.each([
    [
      { trainee: SLUG, route: 'x' },
      { subject: SLUG, route: 'x' },
    ],
    [
      { trainee: '', urn: '900002', job: '', row: '7' },
      { subject: 'URN 900002', row: '7' },
    ],
    [{ trainee: '', urn: '', job: JOB }, { subject: JOB }],
    [{ request: '12' }, { subject: 'CR-12' }],
    [{ request: 'CR-12' }, { subject: 'CR-12' }],
    [{ reason: 'x' }, { subject: '', reason: 'x' }],
    [{ subject: 'URN 900002' }, { subject: 'URN 900002' }],
  ])('%j names its subject', (form, read) => {
    expect(formOf(form)).toEqual(read)
  })
})
