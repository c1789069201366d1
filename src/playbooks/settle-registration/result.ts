import type { EntityManager } from 'typeorm'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import type { Json } from '../../entities/json.ts'
import type { Plan } from '../plan.ts'
import type { Executed } from '../playbook.ts'
import { type Registration, readRegistration, recordsToAskFor } from '../registration-records.ts'
import { heldByDttp, pollScheduled, registered, statusesChanged } from '../registration-result.ts'
import { columnsHold } from '../rows.ts'

/** What DTTP is asked afterwards. */
export async function recordsOf(sql: EntityManager, plan: Plan, executed: Executed): Promise<Json> {
  const registration = await readRegistration(sql, executed)
  return isRegisteredAgain(plan) ? recordsToAskFor(sql, registration) : usedIds(plan, registration)
}

/** Each line of the card, in the order in which it comes true. */
export async function verifyResult(sql: EntityManager, plan: Plan, executed: Executed): Promise<Postcondition[]> {
  const registration = await readRegistration(sql, executed)
  const again = isRegisteredAgain(plan)
  const ids = again ? registration.ids : usedIds(plan, registration)
  return [
    again ? await registered(sql, registration, executed) : await columnsHold(sql, plan),
    heldByDttp(registration, ids, executed),
    await statusesChanged(sql, registration, executed),
    await pollScheduled(sql, executed),
  ]
}

function isRegisteredAgain({ effects }: Plan): boolean {
  return effects.some((effect) => effect.kind === 'enqueue' && effect.job === 'register-for-trn')
}

/** The records that the request has put into Register; of the degrees, those that it could tell apart. */
function usedIds({ updates }: Plan, { trainee }: Registration): RegistrationIds | null {
  if (!trainee?.dttp_id || !trainee.placement_assignment_dttp_id) return null
  const degrees = updates
    .filter(({ table }) => table === 'degrees')
    .map(({ id, changes }) => [id, String(changes['dttp_id']?.[1])])
  return {
    contact: trainee.dttp_id,
    placementAssignment: trainee.placement_assignment_dttp_id,
    degrees: Object.fromEntries(degrees),
  }
}
