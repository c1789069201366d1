import { findState, stateLabel } from '../../register/states.ts'
import { formatDateTime } from '../../register/times.ts'
import { lookAtFlag, lookAtRunner } from '../job-checks.ts'
import type { Check, Facts, Finding } from '../playbook.ts'
import type { Candidate } from './dttp.ts'
import type { Form } from './form.ts'
import type { Rows } from './rows.ts'

type Seen = Facts<Rows, Candidate[], Form>

/** Each check as a sentence that should hold; the order is the order people read them in. */
export const checks: Check<Rows, Candidate[], Form>[] = [
  { id: 'trainee', sentence: 'The reference names one trainee', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'attempt', sentence: 'A registration was sent and never answered', look: lookAtAttempt },
  { id: 'state', sentence: 'The trainee waits for a TRN, without a DTTP record', look: lookAtState },
  { id: 'records', sentence: 'What DTTP has fits the decision', look: lookAtRecords },
]

/** The record to use: the one that was named, or else the only one. */
export function chosen({ upstream, form }: Pick<Seen, 'upstream' | 'form'>): Candidate | null {
  if (form.contact !== '') return upstream.find(({ contact }) => contact === form.contact) ?? null
  return upstream.length === 1 ? (upstream[0] ?? null) : null
}

function lookAtTrainee({ rows: { trainee } }: Seen): Finding {
  return { verdict: 'holds', found: `Trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtAttempt({ rows: { attempt } }: Seen): Finding {
  const evidence = { attempt: attempt?.jobId ?? null }
  if (attempt) return { verdict: 'holds', found: `Sent on ${formatDateTime(attempt.sentAt)}.`, evidence }
  const found = 'There is no registration of this trainee whose outcome we do not know. There is nothing to settle.'
  return { verdict: 'blocks', found, evidence }
}

function lookAtState({ rows: { trainee } }: Seen): Finding {
  const evidence = { state: trainee.state, record: trainee.dttp_id }
  const label = stateLabel(trainee.state, trainee.training_route)
  if (trainee.dttp_id !== null) {
    const found = `The trainee has a DTTP record by now (${trainee.dttp_id}). Ask a developer to look at both.`
    return { verdict: 'blocks', found, evidence }
  }
  if (findState(trainee.state) === 'submitted_for_trn') return { verdict: 'holds', found: `${label}.`, evidence }
  const found = `The record is ${label}. Only a trainee who is Pending TRN can be registered.`
  return { verdict: 'blocks', found, evidence }
}

function lookAtRecords(seen: Seen): Finding {
  const evidence = seen.upstream.map(({ contact, placementAssignments }) => [contact, ...placementAssignments])
  return { ...(seen.form.decision === 'use' ? lookForUse(seen) : lookForAgain(seen)), evidence }
}

function lookForUse(seen: Seen): Omit<Finding, 'evidence'> {
  const { upstream, form } = seen
  const record = chosen(seen)
  if (upstream.length === 0) {
    const found =
      'DTTP has no record that this registration could have created, so there is none to use. Wait a few minutes and check again, or choose “Register again”.'
    return { verdict: 'blocks', found }
  }
  if (!record) {
    const list = upstream.map(describe).join('; ')
    const why = form.contact === '' ? 'DTTP has more than one such record' : 'That is not one of the records DTTP has'
    return { verdict: 'blocks', found: `${why}. Enter the id of the one to use: ${list}.` }
  }
  if (record.placementAssignments.length !== 1) {
    const found = `${describe(record)}. There must be exactly one training record. Ask the operations team to put it right.`
    return { verdict: 'blocks', found }
  }
  return { verdict: 'holds', found: `${describe(record)}.` }
}

function lookForAgain({ upstream }: Seen): Omit<Finding, 'evidence'> {
  if (upstream.length === 0) {
    return { verdict: 'holds', found: 'DTTP has no record that this registration could have created.' }
  }
  const list = upstream.map(describe).join('; ')
  const found = `DTTP has what this registration may have created: ${list}. Registering again creates a duplicate unless these are deleted first.`
  return { verdict: 'warns', found }
}

function describe({ contact, placementAssignments, degrees }: Candidate): string {
  const records =
    placementAssignments.length === 1 ? '1 training record' : `${placementAssignments.length} training records`
  return `record ${contact} with ${records} and ${degrees} ${degrees === 1 ? 'degree' : 'degrees'}`
}
