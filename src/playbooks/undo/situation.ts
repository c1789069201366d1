import { inverse, type Plan } from '../../contract/plan.ts'
import type { Rows } from './rows.ts'

/** A request, and the plan that takes it back; or why there is none. */
export type Situation = Rows & { back: { plan: Plan } | { refused: string[] } }

export function situationOf(rows: Rows): Situation {
  return { ...rows, back: inverse(rows.plan) }
}
