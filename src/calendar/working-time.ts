// When people work: Monday to Friday from 9am to 5pm in London, except on the bank holidays of England and Wales, and on
// the days on which an installation says that it is closed.
import { createRequire } from 'node:module'
import type { DateTime } from 'luxon'
import { inLondon } from './london.ts'

const BEGIN = 9
const END = 17

/** Days such as `2021-12-24` on which nobody works, besides weekends and bank holidays. */
export type ClosedDays = ReadonlySet<string>

const NONE: ClosedDays = new Set()

/** How long something may take: by the clock, or in hours or days on which people work. */
export type Span = { unit: 'milliseconds' | 'working-hours' | 'working-days'; count: number }

/** The instant at which a span that begins at `start` is over. */
export function endOfSpan({ unit, count }: Span, start: Date, closed: ClosedDays = NONE): Date {
  if (unit === 'milliseconds') return new Date(start.getTime() + count)
  return unit === 'working-hours' ? workingHoursAfter(start, count, closed) : workingDaysAfter(start, count, closed)
}

/** Whether people work on a day, such as `2021-10-27`. */
export function isWorkingDay(day: string, closed: ClosedDays = NONE): boolean {
  return inLondon(day).weekday <= 5 && !bankHolidays(Number(day.slice(0, 4))).has(day) && !closed.has(day)
}

/** Midnight in London after the next day, not counting today, on which people work. */
export function endOfNextWorkingDay(now: Date): Date {
  return nextWorkingDay(inLondon(now), NONE).plus({ days: 1 }).toJSDate()
}

/** The same time of day so many working days later. What begins on a day off counts from the start of work after it. */
export function workingDaysAfter(start: Date, days: number, closed: ClosedDays = NONE): Date {
  let time = inLondon(start)
  if (!isWorking(time, closed)) time = nextWorkingDay(time, closed).set({ hour: BEGIN })
  for (let left = days; left > 0; left--) {
    const { hour, minute, second, millisecond } = time
    time = nextWorkingDay(time, closed).set({ hour, minute, second, millisecond })
  }
  return time.toJSDate()
}

/** The instant by which people will have worked for so many hours since `start`. */
export function workingHoursAfter(start: Date, hours: number, closed: ClosedDays = NONE): Date {
  let time = inLondon(start)
  let left = hours * 3_600_000
  while (true) {
    const { begin, end } = hoursOf(time)
    if (isWorking(time, closed) && time < end) {
      const from = time < begin ? begin : time
      const today = end.toMillis() - from.toMillis()
      if (left <= today) return from.plus(left).toJSDate()
      left -= today
    }
    time = nextWorkingDay(time, closed)
  }
}

/** The instant itself if people work then, or else when they next begin to. */
export function nextWorkingTime(now: Date, closed: ClosedDays = NONE): Date {
  const time = inLondon(now)
  const { begin, end } = hoursOf(time)
  if (!isWorking(time, closed) || time >= end) return nextWorkingDay(time, closed).set({ hour: BEGIN }).toJSDate()
  return time < begin ? begin.toJSDate() : now
}

/** The instant from which people will have worked for so many hours until `end`. */
export function workingHoursBefore(end: Date, hours: number, closed: ClosedDays = NONE): Date {
  let time = inLondon(end)
  let left = hours * 3_600_000
  while (true) {
    const day = hoursOf(time)
    if (isWorking(time, closed) && time > day.begin) {
      const until = time > day.end ? day.end : time
      const today = until.toMillis() - day.begin.toMillis()
      if (left <= today) return until.minus(left).toJSDate()
      left -= today
    }
    time = time.minus({ days: 1 }).endOf('day')
  }
}

function hoursOf(time: DateTime): { begin: DateTime; end: DateTime } {
  const begin = time.set({ hour: BEGIN, minute: 0, second: 0, millisecond: 0 })
  return { begin, end: begin.set({ hour: END }) }
}

function isWorking(time: DateTime, closed: ClosedDays): boolean {
  return isWorkingDay(time.toFormat('yyyy-MM-dd'), closed)
}

/** The beginning of the next day, not counting this one, on which people work. */
function nextWorkingDay(time: DateTime, closed: ClosedDays): DateTime {
  let day = time.startOf('day').plus({ days: 1 })
  while (!isWorking(day, closed)) day = day.plus({ days: 1 })
  return day
}

const known = new Map<number, ReadonlySet<string>>()

/**
 * A year's bank holidays, as `2021-12-27`. The library brings the holidays of the whole world, which takes a tenth of a
 * second to load, so it is loaded when it is first needed.
 */
function bankHolidays(year: number): ReadonlySet<string> {
  const found = known.get(year)
  if (found) return found
  const Holidays = createRequire(import.meta.url)('date-holidays') as typeof import('date-holidays').default
  const days = new Holidays('GB', 'ENG').getHolidays(year).filter(({ type }) => type === 'public')
  const set = new Set(days.map(({ date }) => date.slice(0, 10)))
  known.set(year, set)
  return set
}
