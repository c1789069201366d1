import type { EntityManager } from 'typeorm'
import { jobsAdded } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import { Degree } from '../../entities/register/degree.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { onlyRecord } from '../../registration/only-record.ts'
import {
  type AskedForRecords,
  type RecordsInDttp,
  readRegistration,
  recordsToAskFor,
  type SentRegistration,
} from '../../registration/records.ts'
import { failedTakenOut, heldByDttp, pollScheduled, registered, statusesChanged } from '../../registration/result.ts'

/** What DTTP is asked afterwards. */
export async function recordsToLookFor(sql: EntityManager, executed: Executed): Promise<AskedForRecords> {
  const registration = await readRegistration(sql, executed)
  return isRegisteredAgain(executed) ? recordsToAskFor(sql, registration) : usedIds(sql, registration)
}

/** Each line of the card, in the order in which it comes true. */
export async function lookAtResult(
  sql: EntityManager,
  executed: Executed,
  answers: RecordsInDttp | null,
): Promise<Postcondition[]> {
  const registration = await readRegistration(sql, executed, answers)
  const again = isRegisteredAgain(executed)
  const ids = again ? registration.ids : await usedIds(sql, registration)
  const takenOut = again ? null : await failedTakenOut(sql, executed)
  const isPolled = jobsAdded(executed.plan, 'retrieve-trn').length > 0
  return [
    again ? await registered(sql, registration) : await columnsHold(sql, executed.plan),
    heldByDttp(registration, ids),
    ...(takenOut ? [takenOut] : []),
    ...(isPolled
      ? [await statusesChanged(sql, registration, executed), await pollScheduled(sql, registration, executed)]
      : []),
    ...(again ? [await onlyRecord(sql, registration)] : []),
  ]
}

/** Trainees to whom their provider gave no id look alike in DTTP. No two of them may be given the same record. */
export async function nobodyElseHas(sql: EntityManager, record: string | null): Promise<Postcondition> {
  const holds = record === null || (await sql.countBy(Trainee, { dttp_id: record })) === 1
  const found = holds ? '' : 'Another trainee has this record already.'
  return { sentence: 'No other trainee in Register has this DTTP record', holds, found }
}

function isRegisteredAgain({ plan }: Executed): boolean {
  return jobsAdded(plan, 'register-for-trn').length > 0
}

/** The records that Register has now; a degree without one, as it could not be told apart, is in none. */
async function usedIds(sql: EntityManager, { trainee }: SentRegistration): Promise<RegistrationIds | null> {
  if (!trainee?.dttp_id || !trainee.placement_assignment_dttp_id) return null
  const degrees = await sql.find(Degree, { where: { trainee_id: trainee.id }, order: { id: 'ASC' } })
  return {
    contact: trainee.dttp_id,
    placementAssignment: trainee.placement_assignment_dttp_id,
    degrees: Object.fromEntries(degrees.map(({ id, dttp_id }) => [id, dttp_id ?? ''])),
  }
}
