// Whether a change happened wholly, not at all, or – which must never be – in part.
import type { Plan } from '../../src/contract/plan.ts'
import { canonical } from '../../src/entities/json.ts'
import type { Found } from './trainees.ts'

export type Wholeness = 'untouched' | 'carried out' | `half: ${string}`

/**
 * Compares every column of the trainee's row with the row as it was when the request was made and with its plan, and
 * the counts of audits and ledger entries with both.
 */
export function judgeWhole(before: Found['trainee'], plan: Plan, now: Found): Wholeness {
  const isUntouched = canonical(now.trainee) === canonical(before)
  const isWaiting = now.status === 'pending' || now.status === 'approved'
  if (isUntouched && isWaiting && now.audits === 0 && now.executed === 0) return 'untouched'

  const planned = Object.entries(plan.updates[0]?.changes ?? {}).map(([column, [, after]]) => [column, after])
  const { updated_at } = now.trainee
  const expected = { ...before, ...Object.fromEntries(planned), updated_at }
  const isChanged = canonical(now.trainee) === canonical(expected) && updated_at !== before['updated_at']
  const isOver = now.status === 'verifying' || now.status === 'done'
  if (isChanged && isOver && now.audits === 1 && now.executed === 1) return 'carried out'

  const row = isUntouched ? 'as before' : isChanged ? 'as planned' : 'neither as before nor as planned'
  return `half: ${now.status}, the row ${row}, ${now.audits} audits, ${now.executed} executions`
}
