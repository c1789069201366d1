// London's days and times of day. Everything that people read or choose is in London time, summer time included.
import { DateTime, Info } from 'luxon'

const LONDON = 'Europe/London'
/** In this locale, luxon has the English words itself. In en-GB they are the same, but it asks Intl, three times as slow. */
const UTC = { zone: 'utc', locale: 'en-US' }

/** An instant as London's clocks show it. A string is one of Register's timestamps, which are UTC without saying so. */
export function inLondon(instant: Date | string): DateTime {
  const time = typeof instant === 'string' ? DateTime.fromISO(instant, UTC) : DateTime.fromJSDate(instant, UTC)
  if (!time.isValid) throw new RangeError('not an instant')
  return time.setZone(LONDON)
}

/** As "27 October 2021 at 2:14pm". */
export function formatDateTime(instant: Date | string): string {
  const time = inLondon(instant)
  return `${formatDate(time)} at ${formatTime(time)}`
}

/** As "2:14pm on 27 October 2021". */
export function formatAt(instant: Date): string {
  const time = inLondon(instant)
  return `${formatTime(time)} on ${formatDate(time)}`
}

/** "at 2:14pm" on the day that was just named, otherwise with its date: "on 28 October 2021 at 2:14pm". */
export function formatLater(instant: Date | string, named: Date | string | null): string {
  const sameDay = named !== null && londonDay(instant) === londonDay(named)
  return sameDay ? `at ${formatTime(inLondon(instant))}` : `on ${formatDateTime(instant)}`
}

/** A time by which somebody must have acted: "4:12pm on Friday 29 October". */
export function formatDeadline(instant: Date): string {
  const time = inLondon(instant)
  return `${formatTime(time)} on ${time.toFormat('cccc d MMMM')}`
}

/** The same for whoever reads it at `now`: "4:12pm today", "4:12pm on Friday", or with the date if that is far off. */
export function formatDeadlineFrom(instant: Date, now: Date): string {
  const [time, from] = [inLondon(instant), inLondon(now)]
  const days = Math.round(time.startOf('day').diff(from.startOf('day'), 'days').days)
  if (days === 0) return `${formatTime(time)} today`
  return days > 0 && days < 7 ? `${formatTime(time)} on ${time.toFormat('cccc')}` : formatDeadline(instant)
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
  return formatDate(DateTime.fromISO(day, UTC))
}

const SAID = new RegExp(
  `\\b(\\d{1,2}(:\\d\\d)?[ap]m|midday|midnight|\\d{1,2} (${Info.months('long', UTC).join('|')})( \\d{4})?)\\b`,
  'g',
)

/** A text without the times and days that are said in it as above: what is left says the same at another time. */
export function withoutTimes(text: string): string {
  return text.replace(SAID, '')
}

/** The beginning of the last day on which London's clocks have reached `hour`: of today, or before then of yesterday. */
export function startOfDayThatReached(hour: number, now: Date): Date {
  const time = inLondon(now)
  return (time.hour >= hour ? time : time.minus({ days: 1 })).startOf('day').toJSDate()
}

/** As "27 October 2021". */
function formatDate(time: DateTime): string {
  return time.toFormat('d MMMM y')
}

/** As "2:14pm", "9am", "midday" or "midnight". */
function formatTime(time: DateTime): string {
  if (time.minute !== 0) return time.toFormat('h:mma').toLowerCase()
  if (time.hour % 12 === 0) return time.hour === 0 ? 'midnight' : 'midday'
  return time.toFormat('ha').toLowerCase()
}
