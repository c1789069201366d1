import { describe, expect, test } from 'vitest'
import { DEFAULT_POLL_DURATION, POLL_DURATIONS, pollTimeout } from '../../../src/register/jobs/poll-durations.ts'

const WORKING_DAY = 'the end of the next working day'

test('people choose between four durations; by itself Register polls for four days', () => {
  expect(POLL_DURATIONS).toEqual([WORKING_DAY, '1 day', '3 days', '7 days'])
  expect(DEFAULT_POLL_DURATION).toBe('4 days')
})

test.each([
  ['1 day', '2021-10-28T15:06:47.123'],
  ['3 days', '2021-10-30T15:06:47.123'],
  ['4 days', '2021-10-31T15:06:47.123'],
  ['7 days', '2021-11-03T15:06:47.123'],
])('%s are whole days of 24 hours, also when the clocks go back', (duration, expected) => {
  expect(pollTimeout(duration, new Date('2021-10-27T15:06:47.123Z'))).toBe(expected)
})

describe('the end of the next working day is midnight in London after', () => {
  test.each([
    ['a Thursday, on a Wednesday', '2021-10-27T15:06:47Z', '2021-10-28T23:00:00'],
    ['a Monday, on a Friday', '2021-11-05T09:00:00Z', '2021-11-09T00:00:00'],
    ['a Monday, on a Saturday', '2021-11-06T09:00:00Z', '2021-11-09T00:00:00'],
    ['a Monday, on a Sunday', '2021-11-07T23:59:59Z', '2021-11-09T00:00:00'],
    ['a Friday, on a Thursday', '2021-11-04T09:00:00Z', '2021-11-06T00:00:00'],
    ['the Monday after the clocks went back, on the Friday before', '2021-10-29T09:00:00Z', '2021-11-02T00:00:00'],
    ['the Monday after the clocks went forward, on the Friday before', '2022-03-25T09:00:00Z', '2022-03-28T23:00:00'],
    ['a Tuesday: in London it is Monday already', '2021-06-06T23:30:00Z', '2021-06-08T23:00:00'],
    ['a Monday: in London it is Sunday still', '2021-11-07T23:30:00Z', '2021-11-09T00:00:00'],
    ['the first working day of a year, after its bank holiday', '2021-12-31T12:00:00Z', '2022-01-05T00:00:00'],
    ['the Tuesday after Easter, on the Thursday before', '2022-04-14T09:00:00Z', '2022-04-19T23:00:00'],
    ['a leap day', '2024-02-28T12:00:00Z', '2024-03-01T00:00:00'],
  ])('%s', (_, now, expected) => {
    expect(pollTimeout(WORKING_DAY, new Date(now))).toBe(expected)
  })
})

test.each(['', '2 days', '1 Day', 'constructor', 'undefined', '1 day '])('“%s” is no duration', (duration) => {
  expect(() => pollTimeout(duration, new Date('2021-10-27T15:06:47Z'))).toThrow('not a poll duration')
})
