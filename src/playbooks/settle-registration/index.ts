import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { Json } from '../../entities/json.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { DEFAULT_POLL_DURATION } from '../../register/poll-durations.ts'
import { applySaveRules, changesBetween } from '../../register/saving.ts'
import type { Effect, Plan } from '../plan.ts'
import { definePlaybook, type Executed, type Facts } from '../playbook.ts'
import { findJob, pollScheduled, RESULT_WITHIN_MS, registered, statusesChanged } from '../registration-result.ts'
import { columnsHold } from '../rows.ts'
import { checks, chosen } from './checks.ts'
import { type Candidate, findCandidates, traces } from './dttp.ts'
import { type Form, form } from './form.ts'
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
  rows: (sql, form) => readRows(sql, form.trainee),
  upstream: { about: traces, ask: (about, net) => findCandidates(about, net.dttp) },
  checks,
  plan: (facts) => (facts.form.decision === 'use' ? useRecords(facts) : registerAgain(facts)),
  verifyRows: async (sql, plan) => [await columnsHold(sql, plan), await nobodyElseHas(sql, plan)],
  verifyAfter: verifyResult,
  settlesWithin: RESULT_WITHIN_MS,
  advice: () => null,
})

type Seen = Facts<Rows, Candidate[], Form>

function useRecords(facts: Seen): Plan {
  const { trainee } = facts.rows
  const record = chosen(facts)
  if (!record) throw new TypeError('the checks let nothing pass without a record')
  const ids = { dttp_id: record.contact, placement_assignment_dttp_id: record.placementAssignments[0] ?? null }
  const changes = changesBetween(trainee as unknown as Record<string, Json>, applySaveRules(trainee, ids))
  const status = { trainee: trainee.id, status: 'Prospective trainee - TREFNO requested' }
  return {
    updates: [{ table: 'trainees', id: trainee.id, changes, save: 'audited' }],
    inserts: [],
    effects: [
      ...settled(facts, 'registered'),
      { kind: 'enqueue', job: 'change-trainee-status', args: { ...status, entity: 'contact' } },
      { kind: 'enqueue', job: 'change-trainee-status', args: { ...status, entity: 'placement_assignment' } },
      poll(trainee.id),
    ],
  }
}

function registerAgain(facts: Seen): Plan {
  const { trainee, submittedBy } = facts.rows
  return {
    updates: [],
    inserts: [],
    effects: [
      ...settled(facts, 'not-sent'),
      { kind: 'enqueue', job: 'register-for-trn', args: { trainee: trainee.id, submitted_by: submittedBy } },
      poll(trainee.id),
    ],
  }
}

function settled({ rows: { attempt, trainee } }: Seen, outcome: 'registered' | 'not-sent'): Effect[] {
  return attempt ? [{ kind: 'settle-registration', jobId: attempt.jobId, trainee: trainee.id, outcome }] : []
}

function poll(trainee: string): Effect {
  return {
    kind: 'enqueue',
    job: 'retrieve-trn',
    args: { trainee, poll_for: DEFAULT_POLL_DURATION },
    delaySeconds: 3600,
  }
}

/** Trainees without an id of their provider's look alike in DTTP: no two may end with one record. */
async function nobodyElseHas(sql: EntityManager, plan: Plan): Promise<Postcondition> {
  const ids = plan.updates.flatMap(({ changes }) => changes['dttp_id']?.[1] ?? [])
  const owners = await Promise.all(ids.map((id) => sql.countBy(Trainee, { dttp_id: String(id) })))
  const holds = owners.every((count) => count === 1)
  const found = holds ? '' : 'Another trainee has this record already.'
  return { sentence: 'No other trainee in Register has this DTTP record', holds, found }
}

async function verifyResult(sql: EntityManager, plan: Plan, executed: Executed): Promise<Postcondition[]> {
  const { id } = z.object({ id: z.string() }).parse(executed.evidence['trainee'])
  const trainee = await sql.findOneByOrFail(Trainee, { id })
  const scheduled = await pollScheduled(sql, executed)
  if (plan.updates.length > 0) {
    return [await columnsHold(sql, plan), await statusesChanged(sql, null, executed, true), scheduled]
  }
  const job = await findJob(sql, executed, 'register-for-trn')
  return [registered(trainee, job), await statusesChanged(sql, job, executed, true), scheduled]
}
