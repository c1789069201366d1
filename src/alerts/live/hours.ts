import { nextWorkingTime } from '../../calendar/working-time.ts'
import type { FailureCode } from '../../entities/chatops/job-failure.ts'
import { FAILURES } from '../../failures/table.ts'
import type { World } from '../../world.ts'

// Nobody is to be woken by what can wait: outside working hours only duplicates and unknown outcomes are posted at once.

/** When a new post about a failure is to appear; null for at once. */
export function postedFrom({ alertHours = 'any', closedDays, now }: World, code: FailureCode): Date | null {
  if (alertHours === 'any' || FAILURES[code].isUrgent) return null
  const at = now()
  const from = nextWorkingTime(at, closedDays)
  return from > at ? from : null
}
