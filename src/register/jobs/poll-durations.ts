// How long DTTP is polled for a TRN, in the words that people choose from and that plans hold. It is counted from when
// the plan is carried out.

import * as z from 'zod'
import { endOfNextWorkingDay } from '../../calendar/working-time.ts'

const DAYS: Readonly<Record<string, number>> = { '1 day': 1, '3 days': 3, '4 days': 4, '7 days': 7 }
const NEXT_WORKING_DAY = 'the end of the next working day'

/** What people can choose. */
export const POLL_DURATIONS = [NEXT_WORKING_DAY, '1 day', '3 days', '7 days'] as const

/** How long Register polls by itself (Settings.jobs.max_poll_duration_days). */
export const DEFAULT_POLL_DURATION = '4 days'

/** What a plan can hold. */
export const pollDuration = z.enum([...POLL_DURATIONS, DEFAULT_POLL_DURATION])

export type PollDuration = z.output<typeof pollDuration>

/** When a poll that starts now times out: UTC, as Register's timestamps are written. Throws on an unknown duration. */
export function pollTimeout(duration: string, now: Date): string {
  if (duration === NEXT_WORKING_DAY) return asTimestamp(endOfNextWorkingDay(now))
  const days = Object.hasOwn(DAYS, duration) ? DAYS[duration] : undefined
  if (days === undefined) throw new TypeError('not a poll duration')
  return asTimestamp(new Date(now.getTime() + days * 86_400_000))
}

function asTimestamp(instant: Date): string {
  return instant.toISOString().replace(/\.?0*Z$/, '')
}
