import type { Effect, Update } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import { definePlaybook, type Facts } from '../../contract/playbook.ts'
import { DEFAULT_POLL_DURATION } from '../../register/poll-durations.ts'
import { askForRecords, readRegistration, recordsToAskFor } from '../../registration/records.ts'
import { RESULT_WITHIN_MS } from '../../registration/result.ts'
import { checks, submitterOf } from './checks.ts'
import { type InDttp, lookInDttp, recordsOf } from './dttp.ts'
import { type Form, form } from './form.ts'
import { onlyIdsChanged, verifyResult } from './result.ts'
import { type Rows, readRows } from './rows.ts'

/** Registers a trainee with DTTP once more, after their record was deleted there. */
export const reRegister = definePlaybook({
  name: 're-register',
  version: 1,
  title: 'Register again with DTTP',
  summary: 'Register a trainee with DTTP again, whose record was deleted there (“Cannot find record to be updated”).',
  args: ['trainee'],
  source: 'support-playbook.md#dttpclienthttperror-400',
  form,
  trainee: ({ trainee }) => ({ id: trainee.id, slug: trainee.slug }),
  rows: (sql, form) => readRows(sql, form),
  upstream: { about: recordsOf, ask: (about, net) => lookInDttp(about, net.dttp) },
  checks,
  plan(facts) {
    return { updates: emptyIds(facts), inserts: [], effects: [...jobsFor(facts), ...leftOver(facts)] }
  },
  verifyRows: async (sql, plan, before) => [await columnsHold(sql, plan), await onlyIdsChanged(sql, plan, before)],
  after: {
    about: async (sql, _plan, executed) => recordsToAskFor(sql, await readRegistration(sql, executed)),
    ask: (about, net) => askForRecords(about, net.dttp),
  },
  verifyAfter: verifyResult,
  settlesWithin: RESULT_WITHIN_MS,
  advice: () => null,
})

type Seen = Facts<Rows, InDttp, Form>

/** Only the ids of records that DTTP no longer has; Rails’ `update_columns`: no audit, and `updated_at` stays. */
function emptyIds({ rows: { trainee }, upstream }: Seen): Update[] {
  const { dttp_id, placement_assignment_dttp_id } = trainee
  const changes = {
    ...(dttp_id !== null && !upstream.contact ? { dttp_id: [dttp_id, null] as const } : {}),
    ...(placement_assignment_dttp_id !== null && !upstream.placementAssignment
      ? { placement_assignment_dttp_id: [placement_assignment_dttp_id, null] as const }
      : {}),
  }
  if (Object.keys(changes).length === 0) return []
  return [{ table: 'trainees', id: trainee.id, changes, save: 'columns-only' }]
}

/** As the playbook has it: register, and poll for the TRN with Register's default delay. */
function jobsFor(facts: Seen): Effect[] {
  const trainee = facts.rows.trainee.id
  const submittedBy = submitterOf(facts)?.dttp_id ?? null
  return [
    { kind: 'enqueue', job: 'register-for-trn', args: { trainee, submitted_by: submittedBy } },
    { kind: 'enqueue', job: 'retrieve-trn', args: { trainee, poll_for: DEFAULT_POLL_DURATION }, delaySeconds: 3600 },
  ]
}

function leftOver({ rows: { trainee }, upstream, register }: Seen): Effect[] {
  const id = trainee.placement_assignment_dttp_id
  if (id === null || !upstream.placementAssignment || upstream.contact) return []
  const text = [
    'Please delete this training record in DTTP once the request is done: the trainee it belonged to was deleted, and is being registered again.',
    `Training record: ${id}`,
    `Register: ${register.url}/trainees/${trainee.slug}`,
  ].join('\n')
  return [{ kind: 'manual-step', title: 'Ask for the left-over training record to be deleted in DTTP', text }]
}
