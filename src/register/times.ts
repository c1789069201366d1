const TIME = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  hour: 'numeric',
  minute: '2-digit',
  hourCycle: 'h12',
})
const DATE = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})

/** A time of day in London, as "2:14pm". */
function formatTime(instant: Date | string): string {
  return TIME.format(toDate(instant)).replace(/\s/g, '')
}

/** A day in London, as "27 October 2021". */
function formatDate(instant: Date | string): string {
  return DATE.format(toDate(instant))
}

/** As "27 October 2021 at 2:14pm". A string is one of Register's timestamps, which are UTC without saying so. */
export function formatDateTime(instant: Date | string): string {
  return `${formatDate(instant)} at ${formatTime(instant)}`
}

/** "at 2:14pm" on the day that was just named, otherwise with its date: "on 28 October 2021 at 2:14pm". */
export function formatLater(instant: Date | string, named: Date | string | null): string {
  const sameDay = named !== null && formatDate(instant) === formatDate(named)
  return sameDay ? `at ${formatTime(instant)}` : `on ${formatDateTime(instant)}`
}

function toDate(instant: Date | string): Date {
  if (typeof instant !== 'string') return instant
  return new Date(/(Z|[+-]\d\d:?\d\d)$/.test(instant) || !instant.includes('T') ? instant : `${instant}Z`)
}
