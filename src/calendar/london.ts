// London's days and times of day. Everything that people read or choose is in London time, summer time included.
import { DateTime } from 'luxon'

const LONDON = 'Europe/London'
const DAY = 'd MMMM y'

/** An instant as London's clocks show it. A string is one of Register's timestamps, which are UTC without saying so. */
export function inLondon(instant: Date | string): DateTime {
  const time =
    typeof instant === 'string'
      ? DateTime.fromISO(instant, { zone: 'utc' })
      : DateTime.fromJSDate(instant, { zone: 'utc' })
  if (!time.isValid) throw new RangeError('not an instant')
  return time.setZone(LONDON).setLocale('en-GB')
}

/** As "27 October 2021 at 2:14pm". */
export function formatDateTime(instant: Date | string): string {
  return `${formatDate(instant)} at ${formatTime(instant)}`
}

/** "at 2:14pm" on the day that was just named, otherwise with its date: "on 28 October 2021 at 2:14pm". */
export function formatLater(instant: Date | string, named: Date | string | null): string {
  const sameDay = named !== null && londonDay(instant) === londonDay(named)
  return sameDay ? `at ${formatTime(instant)}` : `on ${formatDateTime(instant)}`
}

/** The day it is in London at an instant, as `2021-10-27`. */
export function londonDay(instant: Date | string): string {
  return inLondon(instant).toFormat('yyyy-MM-dd')
}

/** The day before a day; both as `2021-10-27`. */
export function dayBefore(day: string): string {
  return inLondon(day).minus({ days: 1 }).toFormat('yyyy-MM-dd')
}

/** Whether a text is a day that exists, as `2021-10-27`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && DateTime.fromISO(text).isValid
}

/** A day such as `2021-10-27` in words: "27 October 2021". */
export function describeDay(day: string): string {
  return DateTime.fromISO(day, { zone: 'utc', locale: 'en-GB' }).toFormat(DAY)
}

/** The beginning of the last day on which London's clocks have reached `hour`: of today, or before then of yesterday. */
export function startOfDayThatReached(hour: number, now: Date): Date {
  const time = inLondon(now)
  return (time.hour >= hour ? time : time.minus({ days: 1 })).startOf('day').toJSDate()
}

/** A day in London, as "27 October 2021". */
function formatDate(instant: Date | string): string {
  return inLondon(instant).toFormat(DAY)
}

/** A time of day in London, as "2:14pm". */
function formatTime(instant: Date | string): string {
  return inLondon(instant).toFormat('h:mma').toLowerCase()
}
