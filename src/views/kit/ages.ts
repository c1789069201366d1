import { formatLater } from '../../calendar/london.ts'
import { count } from '../../words.ts'

/** "2 hours ago, at 2:14pm", with its date if that was on another day; "just now" within a minute. */
export function ago(then: Date, now: Date): string {
  const length = lengthOf(now.getTime() - then.getTime())
  return length === null ? 'just now' : `${length} ago, ${formatLater(then, now)}`
}

/** "in 2 hours, at 2:14pm"; "now" if it is less than a minute away, or was due already. */
export function ahead(then: Date, now: Date): string {
  const length = lengthOf(then.getTime() - now.getTime())
  return length === null ? 'now' : `in ${length}, ${formatLater(then, now)}`
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const

/** "3 days", in the largest unit of which there is one, rounded down. */
function lengthOf(milliseconds: number): string | null {
  const [unit, noun] = UNITS.find(([size]) => milliseconds >= size) ?? []
  return unit === undefined || noun === undefined ? null : count(Math.floor(milliseconds / unit), noun)
}
