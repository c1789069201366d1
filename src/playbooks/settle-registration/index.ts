import type { EntityManager } from 'typeorm'
import type { Plan } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { askForRecords } from '../../registration/records.ts'
import { RESULT_WITHIN_MS } from '../../registration/result.ts'
import { findCandidates, tracesOf } from '../../registration/traces.ts'
import { checks } from './checks.ts'
import { form } from './form.ts'
import { planFor } from './plan.ts'
import { recordsOf, verifyResult } from './result.ts'
import { type Rows, readRows } from './rows.ts'

/** Settles a registration that DTTP never answered: its records are used, or the trainee is registered again. */
export const settleRegistration = definePlaybook({
  name: 'settle-registration',
  version: 1,
  title: 'Settle a registration',
  summary: 'Decide what became of a registration that DTTP never answered: use its records, or register again.',
  args: ['trainee', 'decision'],
  source: 'support-playbook.md#dttpclienthttperror-400',
  form,
  trainee: ({ trainee }) => ({ id: trainee.id, slug: trainee.slug }),
  rows: (sql, form, around) => readRows(sql, form, around),
  upstream: {
    about: ({ attempt, trainee, registration, named }: Rows) =>
      tracesOf(attempt, trainee, registration.provider, named),
    ask: (about, net) => findCandidates(about, net.dttp),
  },
  checks,
  plan: planFor,
  verifyRows: async (sql, plan) => [await columnsHold(sql, plan), await nobodyElseHas(sql, plan)],
  after: { about: recordsOf, ask: (about, net) => askForRecords(about, net.dttp) },
  verifyAfter: verifyResult,
  settlesWithin: RESULT_WITHIN_MS,
  advice: () => null,
})

/** Trainees without an id of their provider's look alike in DTTP: no two may end with one record. */
async function nobodyElseHas(sql: EntityManager, plan: Plan): Promise<Postcondition> {
  const ids = plan.updates
    .filter(({ table }) => table === 'trainees')
    .flatMap(({ changes }) => changes['dttp_id'] ?? [])
  const owners = await Promise.all(ids.filter(Boolean).map((id) => sql.countBy(Trainee, { dttp_id: String(id) })))
  const holds = owners.every((count) => count === 1)
  const found = holds ? '' : 'Another trainee has this record already.'
  return { sentence: 'No other trainee in Register has this DTTP record', holds, found }
}
