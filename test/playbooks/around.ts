// What a playbook decides by besides its rows, and the plan it comes to.
import type { Plan } from '../../src/contract/plan.ts'
import type { Around, Outcome } from '../../src/contract/playbook.ts'
import type { RegisterSettings } from '../../src/world.ts'

export function around(register: RegisterSettings): Around {
  const now = new Date('2021-10-27T13:14:00Z')
  const known = {
    giasMaxAgeMs: 3 * 86_400_000,
    ownIds: true,
    jobLeaseMs: 45_000,
    addsTrelloCards: true,
    isMirrored: false,
  }
  return { register, now, ...known, self: null }
}

/** Throws where something must be waited for first. */
export function plannedIn(outcome: Outcome): Plan {
  if ('wait' in outcome) throw new Error('there is no plan')
  return outcome.plan
}
