import type { Effect } from '../../contract/effect.ts'
import { optionalNumber, reason, ticket } from '../../contract/fields.ts'
import type { Plan, Update } from '../../contract/plan.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { trainee } from '../../contract/subject.ts'
import { DEFAULT_POLL_DURATION } from '../../register/jobs/poll-durations.ts'
import type { Change } from '../../register/saves/rules.ts'
import { askForRecords, readRegistration, recordsToAskFor } from '../../registration/records.ts'
import { RESULT_WITHIN_MS } from '../../registration/result.ts'
import { checks } from './checks.ts'
import { lookInDttp, recordsToLookFor } from './dttp.ts'
import { lookAtResult, onlyIdsChanged } from './result.ts'
import { read } from './rows.ts'
import { says } from './says.ts'
import { type Situation, situationOf } from './situation.ts'

/** Registers a trainee with DTTP once more, after their record was deleted there. */
export const reRegister = definePlaybook({
  name: 're-register',
  version: 2,
  title: 'Register again with DTTP',
  summary: 'Register a trainee with DTTP again, whose record was deleted there (“Cannot find record to be updated”).',
  says,
  form: {
    subject: trainee(),
    submitter: optionalNumber(
      'Register user to submit as',
      'The number of another user of the trainee’s provider who is registered with DTTP.',
    ),
    reason: reason(),
    ticket: ticket(),
  },
  read,
  ask: { about: recordsToLookFor, ask: (about, { dttp }) => lookInDttp(about, dttp) },
  situation: (rows, inDttp, form, { register }) => situationOf(rows, inDttp, form, register),
  checks,
  outcome: (situation) => ({ plan: planFor(situation), advice: null }),
  holds: async (situation, sql) => [await onlyIdsChanged(sql, situation, Object.keys(emptiedIds(situation)))],
  settles: {
    within: RESULT_WITHIN_MS,
    ask: {
      about: async (sql, executed) => recordsToAskFor(sql, await readRegistration(sql, executed)),
      ask: (about, { dttp }) => askForRecords(about, dttp),
    },
    look: lookAtResult,
  },
})

function planFor(situation: Situation): Plan {
  return { updates: emptyIds(situation), inserts: [], effects: [...jobsFor(situation), ...leftOver(situation)] }
}

/** Rails’ `update_columns`: no audit, and `updated_at` stays. */
function emptyIds(situation: Situation): Update[] {
  const changes = emptiedIds(situation)
  if (Object.keys(changes).length === 0) return []
  return [{ table: 'trainees', id: situation.trainee.id, changes, save: 'columns-only' }]
}

/** Only the ids of records that DTTP no longer has. */
function emptiedIds({ trainee: { dttp_id, placement_assignment_dttp_id }, inDttp }: Situation): Record<string, Change> {
  return {
    ...(dttp_id !== null && !inDttp.contact ? { dttp_id: [dttp_id, null] } : {}),
    ...(placement_assignment_dttp_id !== null && !inDttp.placementAssignment
      ? { placement_assignment_dttp_id: [placement_assignment_dttp_id, null] }
      : {}),
  }
}

/** As the playbook has it: register, and poll for the TRN with Register's default delay. */
function jobsFor({ trainee: { id: trainee }, submitter }: Situation): Effect[] {
  const submittedBy = submitter?.dttp_id ?? null
  return [
    { kind: 'enqueue', job: 'register-for-trn', args: { trainee, submitted_by: submittedBy } },
    { kind: 'enqueue', job: 'retrieve-trn', args: { trainee, poll_for: DEFAULT_POLL_DURATION }, delaySeconds: 3600 },
  ]
}

function leftOver({ trainee, inDttp, register }: Situation): Effect[] {
  const id = trainee.placement_assignment_dttp_id
  if (id === null || !inDttp.placementAssignment || inDttp.contact) return []
  const text = [
    'Please delete this training record in DTTP once the request is done: the trainee it belonged to was deleted, and is being registered again.',
    `Training record: ${id}`,
    `Register: ${register.url}/trainees/${trainee.slug}`,
  ].join('\n')
  return [{ kind: 'manual-step', title: 'Ask for the left-over training record to be deleted in DTTP', text }]
}
