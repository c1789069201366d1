import { findState, stateLabel } from '../../register/states.ts'
import { formatDateTime } from '../../register/times.ts'
import { lookAtFlag, lookAtRunner } from '../job-checks.ts'
import type { Check, Finding } from '../playbook.ts'
import { lookAtPreflight } from '../registration-checks.ts'
import { type Candidate, candidateWords } from '../registration-traces.ts'
import { candidatesOf, chosenOf, degreesOf, isComplete, type Seen } from './choice.ts'
import type { Form } from './form.ts'
import type { Rows } from './rows.ts'

/** Each check as a sentence that should hold; the order is the order people read them in. */
export const checks: Check<Rows, Candidate[], Form>[] = [
  { id: 'trainee', sentence: 'The reference names one trainee', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'attempt', sentence: 'A registration was sent and never answered', look: lookAtAttempt },
  { id: 'state', sentence: 'The trainee waits for a TRN, without a DTTP record', look: lookAtState },
  { id: 'records', sentence: 'What DTTP has fits the decision', look: lookAtRecords },
  { id: 'degrees', sentence: 'Every degree is found in DTTP', look: lookAtDegrees },
  { id: 'preflight', sentence: 'Everything DTTP must be told is there', look: lookAtRecord },
]

function lookAtTrainee({ rows: { trainee } }: Seen): Finding {
  return { verdict: 'holds', found: `Trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtAttempt({ rows: { attempt, isUnderWay } }: Seen): Finding {
  const evidence = { attempt: attempt?.jobId ?? null, isUnderWay }
  if (isUnderWay) {
    const found = 'A registration of this trainee is waiting or running. Wait until it has ended, then check again.'
    return { verdict: 'blocks', found, evidence }
  }
  if (!attempt) {
    const found = 'There is no registration of this trainee whose outcome we do not know. There is nothing to settle.'
    return { verdict: 'blocks', found, evidence }
  }
  const then = attempt.ids ? ' DTTP answered, but its ids could not be saved in Register.' : ''
  return { verdict: 'holds', found: `Sent on ${formatDateTime(attempt.sentAt)}.${then}`, evidence }
}

function lookAtState(seen: Seen): Finding {
  const { trainee } = seen.rows
  const evidence = { state: trainee.state, record: trainee.dttp_id, received: trainee.trn !== null }
  const label = stateLabel(trainee.state, trainee.training_route)
  if (findState(trainee.state) !== 'submitted_for_trn' || trainee.trn !== null) {
    const found = `The record is ${label}${trainee.trn === null ? '' : ', and has a TRN'}. Only a trainee who is Pending TRN can be registered. Ask a developer.`
    return { verdict: 'blocks', found, evidence }
  }
  if (trainee.dttp_id === null) return { verdict: 'holds', found: `${label}.`, evidence }
  if (seen.form.decision === 'use' && chosenOf(seen)?.contact === trainee.dttp_id) {
    return { verdict: 'holds', found: `${label}. Register names this record already (${trainee.dttp_id}).`, evidence }
  }
  const found = `Register was given another DTTP record meanwhile (${trainee.dttp_id}). Choose “Use these records” with that one, and ask for any other to be deleted.`
  return { verdict: 'blocks', found, evidence, ask: { field: 'contact' } }
}

function lookAtRecords(seen: Seen): Finding {
  const evidence = candidatesOf(seen).map(({ contact, placementAssignments, degrees }) => [
    contact,
    ...placementAssignments,
    ...degrees.map(({ id }) => id),
  ])
  return { ...(seen.form.decision === 'use' ? lookForUse(seen) : lookForAgain(seen)), evidence }
}

function lookForUse(seen: Seen): Omit<Finding, 'evidence'> {
  const candidates = candidatesOf(seen)
  const chosen = chosenOf(seen)
  if (candidates.length === 0) {
    const found =
      'DTTP has no record that this registration could have created, so there is none to use. Wait a few minutes and check again, or choose “Register again”.'
    return { verdict: 'blocks', found }
  }
  if (!chosen) {
    const list = candidates.map(candidateWords).join('; ')
    const why =
      seen.rows.named === null ? 'DTTP has more than one such record' : 'That is not one of the records that DTTP has'
    const options = candidates.map((candidate) => ({ value: candidate.contact, label: candidate.contact }))
    const found = `${why}. Enter the id of the one to use: ${list}.`
    return { verdict: 'blocks', found, ask: { field: 'contact', options } }
  }
  if (!isComplete(chosen)) {
    const found = `DTTP has ${candidateWords(chosen)}. There must be exactly one training record. Ask the operations team to put it right.`
    return { verdict: 'blocks', found }
  }
  const others = candidates.filter(({ contact }) => contact !== chosen.contact).map(candidateWords)
  if (others.length === 0) return { verdict: 'holds', found: `DTTP has ${candidateWords(chosen)}.` }
  const why = seen.rows.named === null ? 'DTTP answered with' : 'You chose'
  const found = `${why} ${candidateWords(chosen)}. DTTP also has ${others.join('; ')}: check whether that is the same person.`
  return { verdict: 'warns', found }
}

/** A record that is complete is the trainee's, unless their provider gave them no id: then it may be somebody else's. */
function lookForAgain(seen: Seen): Omit<Finding, 'evidence'> {
  const candidates = candidatesOf(seen)
  const { isFresh, trainee } = seen.rows
  if (candidates.length > 0) {
    const list = candidates.map(candidateWords).join('; ')
    if (trainee.trainee_id !== null && candidates.some(isComplete)) {
      const found = `DTTP has what this registration could have created: ${list}. Registering again would create a duplicate. Choose “Use these records”, or have them deleted in DTTP first and check again.`
      return { verdict: 'blocks', found }
    }
    const found = `DTTP has what this registration may have created: ${list}. Registering again creates a duplicate if that is this trainee.`
    return { verdict: 'warns', found }
  }
  if (isFresh) {
    const found =
      'The registration was sent less than 5 minutes ago, and DTTP may still be working on it. Wait, then check again.'
    return { verdict: 'blocks', found }
  }
  return { verdict: 'holds', found: 'DTTP has no record that this registration could have created.' }
}

function lookAtDegrees(seen: Seen): Finding {
  const matched = seen.form.decision === 'use' ? degreesOf(seen) : null
  const evidence = matched && { ids: matched.ids, unmatched: matched.unmatched }
  if (!matched) return { verdict: 'holds', found: '', evidence }
  const { ids, unmatched } = matched
  const all = Object.keys(ids).length + unmatched.length
  if (unmatched.length === 0) return { verdict: 'holds', found: `${all} of ${all}.`, evidence }
  const found = `We cannot tell which of DTTP’s degrees is ${unmatched.map((id) => `degree ${id}`).join(', ')} in Register, so its DTTP id stays as it is. Ask a developer.`
  return { verdict: 'warns', found, evidence }
}

function lookAtRecord({ rows, form, register }: Seen): Finding {
  if (form.decision === 'use') return { verdict: 'holds', found: 'DTTP has been told already.', evidence: null }
  const { submittedBy } = rows
  if (submittedBy !== null) return lookAtPreflight(rows.registration, submittedBy, register)
  const found =
    'The registration names no user on whose behalf it was sent, and without one DTTP takes none. Ask a developer.'
  return { verdict: 'blocks', found, evidence: null }
}
