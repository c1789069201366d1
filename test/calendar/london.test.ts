import { describe, expect, test } from 'vitest'
import {
  dayBefore,
  describeDay,
  formatDateTime,
  formatLater,
  isDay,
  londonDay,
  startOfDayThatReached,
} from '../../src/calendar/london.ts'

describe('an instant in words', () => {
  test.each([
    ['in summer, an hour ahead of UTC', '2021-07-01T13:14:59Z', '1 July 2021 at 2:14pm'],
    ['in winter, as in UTC', '2021-12-01T13:04:00Z', '1 December 2021 at 1:04pm'],
    ['on a day that has begun in London only', '2021-10-26T23:05:00Z', '27 October 2021 at 12:05am'],
    ['at noon', '2021-10-27T11:00:00Z', '27 October 2021 at midday'],
    ['in the hour that London has twice', '2021-10-31T00:30:00Z', '31 October 2021 at 1:30am'],
    ['in that hour again', '2021-10-31T01:30:00Z', '31 October 2021 at 1:30am'],
    ['after the hour that London skips', '2021-03-28T01:30:00Z', '28 March 2021 at 2:30am'],
  ])('%s', (_, instant, words) => {
    expect(formatDateTime(new Date(instant))).toBe(words)
  })

  test.each([
    ['2021-07-01T13:14:59.123456', '1 July 2021 at 2:14pm'],
    ['2021-07-01T13:14:59.123456Z', '1 July 2021 at 2:14pm'],
    ['2021-07-01T15:14:59+02:00', '1 July 2021 at 2:14pm'],
  ])('is read from %s, which is UTC unless it says otherwise', (text, words) => {
    expect(formatDateTime(text)).toBe(words)
  })

  test('leaves out a day that was just named', () => {
    const named = new Date('2021-10-26T23:05:00Z')
    expect(formatLater('2021-10-27T22:59:59', named)).toBe('at 11:59pm')
    expect(formatLater('2021-10-27T23:00:00', named)).toBe('on 28 October 2021 at midnight')
    expect(formatLater('2021-10-27T12:00:00', null)).toBe('on 27 October 2021 at 1pm')
  })

  test('is refused if it is none', () => {
    for (const none of ['', 'yesterday', '2021-02-30T10:00:00', new Date(Number.NaN)]) {
      expect(() => formatDateTime(none)).toThrow('not an instant')
    }
  })
})

describe('a day', () => {
  test('begins at midnight in London', () => {
    expect(londonDay(new Date('2021-10-26T22:59:59Z'))).toBe('2021-10-26')
    expect(londonDay(new Date('2021-10-26T23:00:00Z'))).toBe('2021-10-27')
  })

  test('has one before it, also where a month or the clocks change', () => {
    expect(['2021-10-27', '2021-11-01', '2021-03-29', '2024-03-01'].map(dayBefore)).toEqual([
      '2021-10-26',
      '2021-10-31',
      '2021-03-28',
      '2024-02-29',
    ])
  })

  test('is told in words', () => {
    expect(['2021-10-27', '2021-07-01'].map(describeDay)).toEqual(['27 October 2021', '1 July 2021'])
  })

  test.each([
    ['2024-02-29', true],
    ['2023-02-29', false],
    ['2021-13-01', false],
    ['2021-00-10', false],
    ['20211027', false],
    ['2021-10-27T00:00', false],
    ['', false],
  ])('“%s” is one: %s', (text, is) => expect(isDay(text)).toBe(is))
})

describe('the start of the last day that has reached six', () => {
  test.each([
    ['in summer, before six', '2021-07-02T04:59:59Z', '2021-06-30T23:00:00.000Z'],
    ['in summer, at six', '2021-07-02T05:00:00Z', '2021-07-01T23:00:00.000Z'],
    ['in winter, before six', '2021-12-02T05:59:59Z', '2021-12-01T00:00:00.000Z'],
    ['in winter, at six', '2021-12-02T06:00:00Z', '2021-12-02T00:00:00.000Z'],
    ['when the clocks went forward in the night', '2021-03-28T05:00:00Z', '2021-03-28T00:00:00.000Z'],
    ['when the clocks went back in the night', '2021-10-31T05:59:59Z', '2021-10-29T23:00:00.000Z'],
  ])('%s', (_, now, start) => {
    expect(startOfDayThatReached(6, new Date(now)).toISOString()).toBe(start)
  })
})
