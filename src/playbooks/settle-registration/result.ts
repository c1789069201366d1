import type { EntityManager } from 'typeorm'
import type { Plan } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import type { Json } from '../../entities/json.ts'
import { Degree } from '../../entities/register/degree.ts'
import { type Registration, readRegistration, recordsToAskFor } from '../../registration/records.ts'
import { heldByDttp, pollScheduled, registered, statusesChanged } from '../../registration/result.ts'

/** What DTTP is asked afterwards. */
export async function recordsOf(sql: EntityManager, plan: Plan, executed: Executed): Promise<Json> {
  const registration = await readRegistration(sql, executed)
  return isRegisteredAgain(plan) ? recordsToAskFor(sql, registration) : usedIds(sql, registration)
}

/** Each line of the card, in the order in which it comes true. */
export async function verifyResult(sql: EntityManager, plan: Plan, executed: Executed): Promise<Postcondition[]> {
  const registration = await readRegistration(sql, executed)
  const again = isRegisteredAgain(plan)
  const ids = again ? registration.ids : await usedIds(sql, registration)
  const isPolled = plan.effects.some((effect) => effect.kind === 'enqueue' && effect.job === 'retrieve-trn')
  return [
    again ? await registered(sql, registration, executed) : await columnsHold(sql, plan),
    heldByDttp(registration, ids, executed),
    ...(isPolled ? [await statusesChanged(sql, registration, executed), await pollScheduled(sql, executed)] : []),
  ]
}

function isRegisteredAgain({ effects }: Plan): boolean {
  return effects.some((effect) => effect.kind === 'enqueue' && effect.job === 'register-for-trn')
}

/** The records that Register has now; a degree without one, as it could not be told apart, is in none. */
async function usedIds(sql: EntityManager, { trainee }: Registration): Promise<RegistrationIds | null> {
  if (!trainee?.dttp_id || !trainee.placement_assignment_dttp_id) return null
  const degrees = await sql.find(Degree, { where: { trainee_id: trainee.id }, order: { id: 'ASC' } })
  return {
    contact: trainee.dttp_id,
    placementAssignment: trainee.placement_assignment_dttp_id,
    degrees: Object.fromEntries(degrees.map(({ id, dttp_id }) => [id, dttp_id ?? ''])),
  }
}
