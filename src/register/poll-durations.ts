// For how long a TRN is polled for, as people choose it and as plans hold it: counted from when the plan is carried out.

const DAYS: Readonly<Record<string, number>> = { '1 day': 1, '3 days': 3, '4 days': 4, '7 days': 7 }
const NEXT_WORKING_DAY = 'the end of the next working day'

/** What people can choose. */
export const POLL_DURATIONS = [NEXT_WORKING_DAY, '1 day', '3 days', '7 days'] as const

/** How long Register polls by itself (Settings.jobs.max_poll_duration_days). */
export const DEFAULT_POLL_DURATION = '4 days'

/** When a poll that starts now times out: UTC, as Register's timestamps are written. Throws on an unknown duration. */
export function pollTimeout(duration: string, now: Date): string {
  if (duration === NEXT_WORKING_DAY) return asTimestamp(endOfNextWorkingDay(now))
  const days = Object.hasOwn(DAYS, duration) ? DAYS[duration] : undefined
  if (days === undefined) throw new TypeError('not a poll duration')
  return asTimestamp(new Date(now.getTime() + days * 86_400_000))
}

const LONDON = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
})

/** Midnight in London after the next day from Monday to Friday; bank holidays count as working days. */
function endOfNextWorkingDay(now: Date): Date {
  const today = partsOf(now)
  let day = new Date(Date.UTC(today.year, today.month - 1, today.day + 1))
  while (day.getUTCDay() === 0 || day.getUTCDay() === 6) day = new Date(day.getTime() + 86_400_000)
  const midnight = new Date(day.getTime() + 86_400_000)
  return new Date(midnight.getTime() - londonOffset(midnight))
}

/** How far London is ahead of UTC, in milliseconds. */
function londonOffset(instant: Date): number {
  const { year, month, day, hour, minute, second } = partsOf(instant)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant.getTime() / 1000) * 1000
}

function partsOf(instant: Date) {
  const parts = new Map(LONDON.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return {
    ...{ year: part('year'), month: part('month'), day: part('day') },
    ...{ hour: part('hour'), minute: part('minute'), second: part('second') },
  }
}

function asTimestamp(instant: Date): string {
  return instant.toISOString().replace(/\.?0*Z$/, '')
}
