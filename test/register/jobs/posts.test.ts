import { describe, expect, test } from 'vitest'
import { readTimeout, referencesIn } from '../../../src/register/jobs/posts.ts'

const REGISTER = 'https://register.example.test'
const SLUG = 'dem0Trainee5901'
const TIMED_OUT = 'Dttp::RetrieveTrnJob for Trainee id: 5913 has timed out after 4 days.'

describe('a post of Register’s about a time-out', () => {
  test.each([
    [TIMED_OUT, 'Dttp::RetrieveTrnJob', '5913', '4 days'],
    ['Dttp::RetrieveAwardJob for Trainee id: 1 has timed out after 1 day.', 'Dttp::RetrieveAwardJob', '1', '1 day'],
    [`:rotating_light: *${TIMED_OUT.replace('4', '14')}* `, 'Dttp::RetrieveTrnJob', '5913', '14 days'],
    [`${TIMED_OUT}\n${TIMED_OUT}`, 'Dttp::RetrieveTrnJob', '5913', '4 days'],
    [`[PRODUCTION] ${TIMED_OUT}${' x'.repeat(10_000)}`, 'Dttp::RetrieveTrnJob', '5913', '4 days'],
  ])('is recognised: %s', (text, job, trainee, after) => {
    expect(readTimeout(text)).toEqual({ job, trainee, after })
  })

  test.each([
    '',
    'Dttp::RetrieveTrnJob for Trainee id:  has timed out after 4 days.',
    'Dttp::RetrieveTrnJob for Trainee id: 0 has timed out after 4 days.',
    'Dttp::RetrieveTrnJob for Trainee id: -5913 has timed out after 4 days.',
    'Dttp::RetrieveTrnJob for Trainee id: ５９１３ has timed out after 4 days.',
    'Dttp::RetrieveTrnJob for Trainee id: 5913\u200b has timed out after 4 days.',
    'Dttp::RetrieveTrnJob for Trainee id: 9999999999999999999999 has timed out after 4 days.',
    'Evil::Dttp::RetrieveTrnJob for Trainee id: 5913 has timed out after 4 days.',
    'Dttp::RegisterForTrnJob for Trainee id: 5913 has timed out after 4 days.',
    'dttp::retrievetrnjob for trainee id: 5913 has timed out after 4 days.',
    `${'x'.repeat(5_000)} ${TIMED_OUT}`,
    `${TIMED_OUT} ${TIMED_OUT.replace('5913', '5914')}`,
    Array.from({ length: 5_000 }, (_, index) => TIMED_OUT.replace('5913', String(index + 1))).join('\n'),
  ])('is nothing else: %s', (text) => {
    expect(readTimeout(text)).toBeNull()
  })
})

describe('the trainees that a message names', () => {
  const number = (given: string) => ({ by: 'number', number: given })
  const slug = { by: 'slug', slug: SLUG }

  test.each([
    ['5913', [number('5913')]],
    ['Trainee 5913 still has no TRN after 4 days', [number('5913')]],
    [TIMED_OUT, [number('5913')]],
    ['trainee no. 5913, trainee #5913 and TRAINEE ID: 5913', [number('5913')]],
    [`Look at <${REGISTER}/trainees/${SLUG}>, please`, [slug]],
    [`Look at <${REGISTER}/trainees/${SLUG}/timeline|trainee 5902>, please`, [slug]],
    [`${REGISTER}/trainees/${SLUG}`, [slug]],
    [`<${REGISTER}/trainees/${SLUG}> is trainee 5913`, [slug, number('5913')]],
    ['trainees 5901 and trainee 5902', [number('5901'), number('5902')]],
    ['Trainee ID: 21/22-5901 in the provider’s own system', []],
    ['The TRN 3000001 arrived on 27 October', []],
    ['trainee ５９１３', []],
    ['contrainee 5913, trainee5913', []],
    ['<https://evil.example.test/trainees/dem0Trainee5901>', []],
    [`<https://register.example.test.evil.example/trainees/${SLUG}>`, []],
    [`<https://evil@register.example.test/trainees/${SLUG}>`, []],
    ['', []],
    ['<!channel> *hello* `trainee`', []],
    [`${'x '.repeat(3_000)} trainee 5913`, []],
  ])('are found by link and by number only: %s', (text, named) => {
    expect(referencesIn(text, REGISTER)).toEqual(named)
  })

  test('are too many to be meant', () => {
    const many = Array.from({ length: 300 }, (_, index) => `trainee ${index + 1}`).join(' ')
    expect(referencesIn(many, REGISTER)).toBeNull()
  })

  test('are none in what is made to be slow, and it is read to its end', () => {
    for (const text of [
      'trainee'.repeat(600),
      `trainee ${' '.repeat(4_000)}`,
      '<'.repeat(4_000),
      `<https:${'|'.repeat(4_000)}`,
    ]) {
      expect(referencesIn(text, REGISTER)).toEqual([])
    }
  })
})
