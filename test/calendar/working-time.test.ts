import { describe, expect, test } from 'vitest'
import { formatDateTime, inLondon } from '../../src/calendar/london.ts'
import {
  endOfNextWorkingDay,
  endOfSpan,
  isWorkingDay,
  workingDaysAfter,
  workingHoursAfter,
  workingHoursBefore,
} from '../../src/calendar/working-time.ts'

/** As published on <https://www.gov.uk/bank-holidays> for England and Wales; substitute and one-off days among them. */
const PUBLISHED: Readonly<Record<number, string>> = {
  2017: '2 Jan, 14 Apr, 17 Apr, 1 May, 29 May, 28 Aug, 25 Dec, 26 Dec',
  2018: '1 Jan, 30 Mar, 2 Apr, 7 May, 28 May, 27 Aug, 25 Dec, 26 Dec',
  2019: '1 Jan, 19 Apr, 22 Apr, 6 May, 27 May, 26 Aug, 25 Dec, 26 Dec',
  2020: '1 Jan, 10 Apr, 13 Apr, 8 May, 25 May, 31 Aug, 25 Dec, 28 Dec',
  2021: '1 Jan, 2 Apr, 5 Apr, 3 May, 31 May, 30 Aug, 27 Dec, 28 Dec',
  2022: '3 Jan, 15 Apr, 18 Apr, 2 May, 2 Jun, 3 Jun, 29 Aug, 19 Sep, 26 Dec, 27 Dec',
  2023: '2 Jan, 7 Apr, 10 Apr, 1 May, 8 May, 29 May, 28 Aug, 25 Dec, 26 Dec',
  2024: '1 Jan, 29 Mar, 1 Apr, 6 May, 27 May, 26 Aug, 25 Dec, 26 Dec',
  2025: '1 Jan, 18 Apr, 21 Apr, 5 May, 26 May, 25 Aug, 25 Dec, 26 Dec',
  2026: '1 Jan, 3 Apr, 6 Apr, 4 May, 25 May, 31 Aug, 25 Dec, 28 Dec',
  2027: '1 Jan, 26 Mar, 29 Mar, 3 May, 31 May, 30 Aug, 27 Dec, 28 Dec',
}

test.each(Object.entries(PUBLISHED))(
  'in %s nobody works at weekends and on the published bank holidays',
  (year, list) => {
    const off: string[] = []
    for (let day = inLondon(`${year}-01-01`); day.year === Number(year); day = day.plus({ days: 1 })) {
      const works = isWorkingDay(day.toFormat('yyyy-MM-dd'))
      if (day.weekday > 5) expect(works).toBe(false)
      else if (!works) off.push(day.toFormat('d MMM'))
    }
    expect(off.join(', ')).toBe(list)
  },
)

test.each([
  ['Christmas Day on a Saturday, with a substitute on Monday', '2021-12-24T12:00:00Z', '30 December 2021 at midnight'],
  ['the Queen’s funeral', '2022-09-16T12:00:00Z', '21 September 2022 at midnight'],
  ['the King’s coronation', '2023-05-05T12:00:00Z', '10 May 2023 at midnight'],
  ['New Year, from one year into the next', '2026-12-31T12:00:00Z', '5 January 2027 at midnight'],
])('the end of the next working day leaves out %s', (_, now, end) => {
  expect(formatDateTime(endOfNextWorkingDay(new Date(now)))).toBe(end)
})

describe('working days later', () => {
  test.each([
    [1, '2021-10-27T13:14:00Z', '28 October 2021 at 2:14pm'],
    [1, '2021-10-29T13:14:00Z', '1 November 2021 at 2:14pm'],
    [2, '2021-12-23T14:00:00Z', '29 December 2021 at 2pm'],
    [1, '2021-10-29T19:00:00Z', '1 November 2021 at 8pm'],
    [1, '2021-10-30T10:00:00Z', '2 November 2021 at 9am'],
    [1, '2021-12-27T10:00:00Z', '30 December 2021 at 9am'],
  ])('%i after %s is %s', (days, start, end) => {
    expect(formatDateTime(workingDaysAfter(new Date(start), days))).toBe(end)
  })
})

describe('working hours later', () => {
  test.each([
    [2, '2021-10-27T12:30:00Z', '27 October 2021 at 3:30pm'],
    [2, '2021-10-27T05:00:00Z', '27 October 2021 at 11am'],
    [2, '2021-10-27T15:30:00Z', '28 October 2021 at 10:30am'],
    [2, '2021-10-27T14:00:00Z', '27 October 2021 at 5pm'],
    [8, '2021-10-29T13:14:00Z', '1 November 2021 at 2:14pm'],
    [2, '2021-10-30T10:00:00Z', '1 November 2021 at 11am'],
    [20, '2021-12-24T09:00:00Z', '30 December 2021 at 1pm'],
  ])('%i after %s is %s', (hours, start, end) => {
    expect(formatDateTime(workingHoursAfter(new Date(start), hours))).toBe(end)
  })
})

test.each([
  [2, '2021-10-28T13:14:00Z', '28 October 2021 at 12:14pm'],
  [2, '2021-10-28T09:00:00Z', '27 October 2021 at 4pm'],
  [2, '2021-10-28T19:00:00Z', '28 October 2021 at 3pm'],
  [2, '2021-11-01T09:30:00Z', '29 October 2021 at 3:30pm'],
  [2, '2021-12-29T09:00:00Z', '24 December 2021 at 3pm'],
  [10, '2021-10-28T13:14:00Z', '27 October 2021 at 12:14pm'],
])('%i working hours before %s is %s', (hours, end, start) => {
  expect(formatDateTime(workingHoursBefore(new Date(end), hours))).toBe(start)
})

test('so many working hours before the end of as many is the beginning', () => {
  for (let hour = 0; hour < 24 * 21; hour++) {
    const start = new Date(Date.parse('2021-12-15T00:30:00Z') + hour * 3_600_000)
    const end = workingHoursAfter(start, 11)
    expect(workingHoursAfter(workingHoursBefore(end, 11), 11)).toEqual(end)
  }
})

test('a day on which an installation is closed counts like a bank holiday', () => {
  const closed = new Set(['2021-10-28'])
  const start = new Date('2021-10-27T13:14:00Z')
  const ends = (['working-days', 'working-hours', 'milliseconds'] as const).map((unit) =>
    formatDateTime(endOfSpan({ unit, count: unit === 'working-days' ? 1 : 4 }, start, closed)),
  )
  expect(ends).toEqual(['29 October 2021 at 2:14pm', '29 October 2021 at 10:14am', '27 October 2021 at 2:14pm'])
  expect(isWorkingDay('2021-10-28', closed)).toBe(false)
})
