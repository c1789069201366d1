import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { formatDateTime } from '../../calendar/london.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { canonical } from '../../entities/json.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { columnLabel } from '../../register/columns.ts'
import { findState } from '../../register/trainees/states.ts'
import { onlyRecord } from '../../registration/only-record.ts'
import { findJob, type RecordsInDttp, readRegistration } from '../../registration/records.ts'
import { heldByDttp, pollScheduled, registered, statusesChanged } from '../../registration/result.ts'
import { readTraineeHistory } from './history.ts'
import { historyStands } from './history-result.ts'
import type { Situation } from './situation.ts'

// What must hold before the commit, and what support would ask the next day.

/** Only the ids were emptied: the state, the exact time of submission, `updated_at` and the audits are as they were. */
export async function onlyIdsChanged(
  sql: EntityManager,
  before: Pick<Situation, 'trainee' | 'history'>,
  planned: readonly string[],
): Promise<Postcondition> {
  const now = await sql.findOneByOrFail(Trainee, { id: before.trainee.id })
  const was = new Map(Object.entries(before.trainee))
  const moved = Object.entries(now).filter(([column, value]) => canonical(was.get(column)) !== canonical(value))
  const others = moved.map(([column]) => column).filter((column) => !planned.includes(column))
  const isSameHistory = canonical(await readTraineeHistory(sql, now)) === canonical(before.history)
  const wrong = [...others.map(columnLabel), ...(isSameHistory ? [] : ['the history'])]
  return {
    sentence: 'Only the ids of the missing records are emptied, and nothing is added to the history',
    holds: wrong.length === 0,
    found: wrong.length === 0 ? 'All else is as it was.' : `Also changed: ${wrong.join(', ')}.`,
  }
}

/** Each line of the card, in the order in which it comes true. */
export async function lookAtResult(
  sql: EntityManager,
  executed: Executed,
  answers: RecordsInDttp | null,
): Promise<Postcondition[]> {
  const registration = await readRegistration(sql, executed, answers)
  const { trainee, ids } = registration
  const ran = await registered(sql, registration)
  if (!trainee) return [ran]
  const [untouched, audited, timeline] = await historyStands(sql, trainee, registration, executed)
  return [
    await submissionStands(sql, trainee, executed),
    untouched,
    ran,
    audited,
    timeline,
    heldByDttp(registration, ids),
    await statusesChanged(sql, registration, executed),
    await pollScheduled(sql, registration, executed),
    await onlyRecord(sql, registration),
  ]
}

/** Compares to the microsecond. If the TRN has arrived by then, the state may have changed, and nothing else. */
async function submissionStands(sql: EntityManager, trainee: Trainee, executed: Executed): Promise<Postcondition> {
  const sentence = 'The state and the exact time of submission are as they were'
  const { at } = z.object({ at: z.string() }).parse(executed.evidence['submitted'])
  const state = findState(trainee.state)
  const poll = state === 'trn_received' ? await findJob(sql, executed, 'retrieve-trn') : null
  if (trainee.submitted_for_trn_at !== at) {
    const found = `It was ${at}, and is ${trainee.submitted_for_trn_at ?? 'empty'}.`
    return { sentence, holds: false, found }
  }
  if (state === 'submitted_for_trn' || poll?.status === 'done') {
    return { sentence, holds: true, found: `Submitted on ${formatDateTime(at)}.` }
  }
  return { sentence, holds: false, found: 'The state has changed since.' }
}
