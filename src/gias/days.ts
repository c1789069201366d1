// Days without a time, as `2021-10-27`.

const LONDON = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})
const IN_WORDS = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' })

/** The day it is in London at an instant. */
export function londonDay(instant: Date): string {
  const parts = new Map(LONDON.formatToParts(instant).map(({ type, value }) => [type, value]))
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`
}

export function dayBefore(day: string): string {
  return new Date(startOf(day) - 864e5).toISOString().slice(0, 10)
}

/** When a day begins, in milliseconds, as UTC has it; in London that is an hour off in summer. */
export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

/** A day as GIAS writes it, such as `27-10-2021`; null if there is no such day. */
export function findDay(text: string): string | null {
  const [, day, month, year] = /^(\d\d)-(\d\d)-([12]\d{3})$/.exec(text) ?? []
  const iso = `${year}-${month}-${day}`
  const start = startOf(iso)
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== iso ? null : iso
}

/** As "27 October 2021". */
export function describeDay(day: string): string {
  return IN_WORDS.format(startOf(day))
}
