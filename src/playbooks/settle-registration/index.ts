import { optionalDttpId, reason, select, ticket } from '../../contract/fields.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { trainee } from '../../contract/subject.ts'
import { askForRecords } from '../../registration/records.ts'
import { RESULT_WITHIN_MS } from '../../registration/result.ts'
import { findCandidates, tracesOf } from '../../registration/traces.ts'
import { checks } from './checks.ts'
import { planFor } from './plan.ts'
import { lookAtResult, nobodyElseHas, recordsToLookFor } from './result.ts'
import { read } from './rows.ts'
import { says } from './says.ts'
import { chosenRecord, situationOf } from './situation.ts'

/** Settles a registration that DTTP never answered: its records are used, or the trainee is registered again. */
export const settleRegistration = definePlaybook({
  name: 'settle-registration',
  version: 2,
  title: 'Settle a registration',
  summary: 'Decide what became of a registration that DTTP never answered: use its records, or register again.',
  says,
  form: {
    subject: trainee(),
    decision: select('What should happen', [
      { value: 'use', label: 'Use these records' },
      { value: 'again', label: 'Register again' },
    ]),
    contact: optionalDttpId('DTTP record to use', 'The id of the trainee’s record in DTTP.'),
    reason: reason(),
    ticket: ticket(),
  },
  read: (sql, form, world) => read(sql, form.subject, world),
  ask: {
    about: ({ attempt, trainee, registration }, form) =>
      tracesOf(attempt, trainee, registration.provider, chosenRecord(form)),
    ask: (traces, { dttp }) => findCandidates(traces, dttp),
  },
  situation: (rows, traced, form, { register }) => situationOf(rows, traced, form, register),
  checks,
  outcome: (situation) => ({ plan: planFor(situation), advice: null }),
  holds: async ({ decision, chosen }, sql) => [
    await nobodyElseHas(sql, decision === 'use' ? (chosen?.contact ?? null) : null),
  ],
  settles: {
    within: RESULT_WITHIN_MS,
    ask: { about: recordsToLookFor, ask: (about, { dttp }) => askForRecords(about, dttp) },
    look: lookAtResult,
  },
})
