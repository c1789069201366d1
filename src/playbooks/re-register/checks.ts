import { preflight, registrationProblems } from '../../dttp/payloads/preflight.ts'
import { routeRules } from '../../dttp/registration-rows.ts'
import type { User } from '../../entities/register/user.ts'
import { findState, stateLabel } from '../../register/states.ts'
import { formatDateTime } from '../../register/times.ts'
import { lookAtFlag, lookAtRunner } from '../job-checks.ts'
import type { Check, Facts, Finding } from '../playbook.ts'
import type { InDttp } from './dttp.ts'
import type { Form } from './form.ts'
import type { Rows } from './rows.ts'

type Seen = Facts<Rows, InDttp, Form>

/** Each check as a sentence that should hold; the order is the order people read them in. */
export const checks: Check<Rows, InDttp, Form>[] = [
  { id: 'trainee', sentence: 'The reference names one trainee', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'state', sentence: 'The trainee waits for a TRN', look: lookAtState },
  { id: 'submitted', sentence: 'The exact time of submission is known', look: lookAtSubmission },
  { id: 'contact', sentence: 'DTTP no longer has the trainee’s record', look: lookAtContact },
  { id: 'placement', sentence: 'Nothing is left over in DTTP', look: lookAtPlacementAssignment },
  { id: 'submitter', sentence: 'The person who submitted the trainee is registered with DTTP', look: lookAtSubmitter },
  { id: 'preflight', sentence: 'Everything DTTP must be told is there', look: lookAtPreflight },
  {
    id: 'registration',
    sentence: 'No other registration is under way or of unknown outcome',
    look: lookAtRegistrations,
  },
  { id: 'other-jobs', sentence: 'No other job of this trainee is waiting', look: lookAtOtherJobs },
  { id: 'history', sentence: 'The trainee’s timeline is known', look: lookAtHistory },
]

/** The user on whose behalf DTTP is told; null where there is none with a DTTP id. */
export function submitterOf({ rows, form }: Pick<Seen, 'rows' | 'form'>): User | null {
  if (form.submitter !== '') return isUsable(rows.named, rows) ? rows.named : null
  const user = rows.submission?.user ?? null
  return user?.dttp_id ? user : null
}

function isUsable(user: User | null, { trainee }: Rows): boolean {
  return (
    user !== null && user.dttp_id !== null && user.provider_id === trainee.provider_id && user.discarded_at === null
  )
}

function lookAtTrainee({ rows: { trainee } }: Seen): Finding {
  return { verdict: 'holds', found: `Trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtState({ rows: { trainee } }: Seen): Finding {
  const evidence = { state: trainee.state, received: trainee.trn !== null }
  const label = stateLabel(trainee.state, trainee.training_route)
  if (trainee.trn !== null) {
    const found = `The trainee has a TRN already (${label}), so they must not be registered for one again. If updates to DTTP fail, ask the operations team which record is theirs.`
    return { verdict: 'blocks', found, evidence }
  }
  if (findState(trainee.state) === 'submitted_for_trn') return { verdict: 'holds', found: `${label}.`, evidence }
  const found = `The record is ${label}. Only a trainee who is Pending TRN can be registered again.`
  return { verdict: 'blocks', found, evidence }
}

function lookAtSubmission({ rows: { trainee } }: Seen): Finding {
  const at = trainee.submitted_for_trn_at
  if (at === null) {
    const found = 'The time of submission is empty. Register’s timeline would be wrong. Ask a developer.'
    return { verdict: 'blocks', found, evidence: { at } }
  }
  return { verdict: 'holds', found: `${formatDateTime(at)} (${at}). It is not touched.`, evidence: { at } }
}

function lookAtContact({ rows: { trainee }, upstream }: Seen): Finding {
  const evidence = { contact: trainee.dttp_id, exists: upstream.contact }
  if (trainee.dttp_id === null) {
    return { verdict: 'holds', found: 'Register holds no id for it, so there is nothing to empty.', evidence }
  }
  if (!upstream.contact) {
    return { verdict: 'holds', found: `${trainee.dttp_id} is not in DTTP any more.`, evidence }
  }
  const missing = trainee.placement_assignment_dttp_id === null || upstream.placementAssignment === false
  const found = missing
    ? `DTTP has the trainee’s record (${trainee.dttp_id}), but not the training record. Registering again would create a second trainee. Ask the operations team to restore the training record.`
    : `DTTP has the trainee’s record (${trainee.dttp_id}). Registering again would create a second one. Check what the failed job says: it may be another trainee’s.`
  return { verdict: 'blocks', found, evidence }
}

function lookAtPlacementAssignment({ rows: { trainee }, upstream }: Seen): Finding {
  const id = trainee.placement_assignment_dttp_id
  const evidence = { placementAssignment: id, exists: upstream.placementAssignment }
  if (id === null) return { verdict: 'holds', found: 'Register holds no id of a training record.', evidence }
  if (!upstream.placementAssignment)
    return { verdict: 'holds', found: `The training record ${id} is gone too.`, evidence }
  if (upstream.contact) return { verdict: 'holds', found: 'The training record is in DTTP.', evidence }
  const found = `The training record ${id} is still in DTTP, without its trainee. The registration creates a new one, and this one stays behind. Ask for it to be deleted: there is text to copy.`
  return { verdict: 'warns', found, evidence }
}

function lookAtSubmitter(seen: Seen): Finding {
  const { rows, form } = seen
  const user = submitterOf(seen)
  const { submission } = rows
  const reinstated = submission?.reinstated
  const evidence = { audit: submission?.audit.id ?? null, user: user?.id ?? null, dttp: user?.dttp_id ?? null }
  const again = reinstated?.created_at ? ` They were reinstated on ${formatDateTime(reinstated.created_at)}.` : ''
  const when = submission?.audit.created_at ? ` on ${formatDateTime(submission.audit.created_at)}` : ''
  const other = 'Enter the number of another user of this provider who is registered with DTTP.'
  if (user) {
    const found =
      form.submitter === '' ? `User ${user.id} submitted the trainee${when}.${again}` : `User ${user.id}, as you chose.`
    return { verdict: 'holds', found, evidence }
  }
  if (form.submitter !== '') {
    const found = `User ${form.submitter} is not an active user of this provider with a DTTP id. ${other}`
    return { verdict: 'blocks', found, evidence }
  }
  const who = submission?.user
    ? `User ${submission.user.id}, who submitted the trainee${when}, has no DTTP id.`
    : 'We cannot tell who submitted the trainee.'
  return { verdict: 'blocks', found: `${who}${again} ${other}`, evidence }
}

/** Register sends a reference that it has no code for as an empty one; DTTP may refuse that, and then nothing is created. */
function lookAtPreflight(seen: Seen): Finding {
  const { registration } = seen.rows
  const rules = routeRules(registration.trainee, seen.register)
  const submitter = submitterOf(seen)?.dttp_id ?? null
  const fatal = preflight(registration, rules, submitter).filter(({ code }) => code !== 'submitter-without-dttp-id')
  const all = registrationProblems(registration, rules, submitter).filter(
    ({ code }) => code !== 'submitter-without-dttp-id', // said by its own check
  )
  const evidence = all.map(({ code, message }) => [code, message])
  const words = (fatal.length > 0 ? fatal : all).map(({ message }) => message).join(' ')
  if (fatal.length > 0) {
    const found = `The registration would fail. ${words} Ask the provider to complete the record first.`
    return { verdict: 'blocks', found, evidence }
  }
  if (all.length > 0) return { verdict: 'warns', found: `DTTP may refuse the registration. ${words}`, evidence }
  return { verdict: 'holds', found: 'Nothing is missing.', evidence }
}

function lookAtRegistrations({ rows: { jobs, unsettled } }: Seen): Finding {
  const live = jobs.find(({ name }) => name === 'register-for-trn')
  const evidence = { live: live?.id ?? null, unsettled: unsettled?.jobId ?? null }
  if (live) {
    const found = 'A registration of this trainee is waiting or running. Wait until it has ended.'
    return { verdict: 'blocks', found, evidence }
  }
  if (unsettled) {
    const found = `A registration was sent on ${formatDateTime(unsettled.sentAt)}, and we do not know if it worked. Registering again could create a duplicate. A developer must settle that first.`
    return { verdict: 'blocks', found, evidence }
  }
  return { verdict: 'holds', found: '', evidence }
}

/** Not part of what is approved: jobs come and go, and none of them stands in the way. */
function lookAtOtherJobs({ rows: { jobs, failedRegistration } }: Seen): Finding {
  const others = jobs.filter(({ name }) => name !== 'register-for-trn').map(({ name }) => name)
  const failed = failedRegistration?.failure ? ` The last registration failed: ${failedRegistration.failure.words}` : ''
  const waiting = others.length > 0 ? `Waiting: ${others.join(', ')}. They use the new record once it is there.` : ''
  return { verdict: 'holds', found: `${waiting}${failed}`.trim(), evidence: null }
}

function lookAtHistory({ rows: { history } }: Seen): Finding {
  const { lastAudit, timeline, audits, events } = history
  const found = `${events} events, made of ${audits} audits. We compare them again afterwards.`
  return { verdict: 'holds', found, evidence: { lastAudit, timeline, events } }
}
