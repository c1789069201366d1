import { formatDateTime } from '../../calendar/london.ts'
import type { Check, Finding } from '../../contract/check.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import type { SeenJob } from '../../entities/chatops/seen-job.ts'
import { lookAtFlag, lookAtRunner } from '../../jobs/checks.ts'
import type { PollDuration } from '../../register/jobs/poll-durations.ts'
import { findState, stateLabel } from '../../register/trainees/states.ts'
import type { RegisterSettings } from '../../world.ts'
import type { Answers } from './dttp.ts'
import type { Rows } from './rows.ts'

/** A trainee, what polls for their TRN, what DTTP has of them, and for how long to poll again. */
export type Situation = Rows & {
  /** Null without a DTTP record to ask for. */
  inDttp: Answers | null
  duration: PollDuration
  /** Whether the form has a poll that is under way replaced. */
  replaces: boolean
  register: RegisterSettings
}

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'trainee', sentence: 'One trainee is meant', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'state', sentence: 'The record can still receive a TRN', look: lookAtState },
  { id: 'submitted', sentence: 'The trainee was submitted for a TRN', look: lookAtSubmission },
  { id: 'trn', sentence: 'The trainee has no TRN yet', look: lookAtTrn },
  { id: 'dttp', sentence: 'The trainee has a DTTP record, and DTTP still has it', look: lookAtDttp },
  { id: 'poll', sentence: 'Nothing asks for this TRN yet, or that may be replaced', look: lookAtPoll },
]

function lookAtTrainee({ trainee }: Situation): Finding {
  return { verdict: 'holds', found: `It is trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtState({ trainee }: Situation): Finding {
  const evidence = { state: trainee.state }
  const label = stateLabel(trainee.state, trainee.training_route)
  switch (findState(trainee.state)) {
    case 'submitted_for_trn':
      return { verdict: 'holds', found: `${label}.`, evidence }
    case 'deferred':
    case 'withdrawn':
      return { verdict: 'holds', found: `${label}. It stays so when the TRN arrives.`, evidence }
    case 'draft': {
      const found = 'The record is a draft. The provider must submit it before DTTP can have a TRN for it.'
      return { verdict: 'blocks', found, evidence }
    }
    case 'trn_received':
      return { verdict: 'blocks', found: `The record is ${label} already, so there is nothing to ask for.`, evidence }
    case 'recommended_for_award':
    case 'awarded': {
      const found = `The record is ${label}. Only one that is Pending TRN, deferred or withdrawn can receive a TRN.`
      return { verdict: 'blocks', found, evidence }
    }
    case null:
      return { verdict: 'blocks', found: `${label}. Register may have changed since this was written.`, evidence }
  }
}

function lookAtSubmission({ trainee }: Situation): Finding {
  const evidence = { submitted: trainee.submitted_for_trn_at }
  if (trainee.submitted_for_trn_at === null) {
    return { verdict: 'blocks', found: 'The trainee was never submitted for a TRN.', evidence }
  }
  return { verdict: 'holds', found: `Submitted on ${formatDateTime(trainee.submitted_for_trn_at)}.`, evidence }
}

/**
 * Whether DTTP has a TRN by now is shown, but is no evidence: otherwise a TRN that arrives after the approval would
 * make the request out of date, although its job would simply succeed.
 */
function lookAtTrn({ trainee, inDttp }: Situation): Finding {
  const evidence = { received: trainee.trn !== null }
  if (trainee.trn !== null) {
    const found = 'The trainee has a TRN in Register already, so there is nothing to ask for.'
    return { verdict: 'blocks', found, evidence }
  }
  if (!inDttp?.exists) return { verdict: 'holds', found: 'There is none in Register.', evidence }
  const found = inDttp.hasTrn
    ? 'There is none in Register, but DTTP has one by now: it will be saved at once.'
    : 'There is none in Register, and DTTP has none yet either.'
  return { verdict: 'holds', found, evidence }
}

function lookAtDttp({ trainee: { dttp_id }, inDttp, registration }: Situation): Finding {
  const became = inDttp?.became ?? null
  const evidence = { record: dttp_id, exists: inDttp?.exists ?? false, ...(became && { became }) }
  if (dttp_id === null) return { verdict: 'blocks', found: whyNotRegistered(registration), evidence }
  if (became) {
    const found = `DTTP still has the trainee’s record (${dttp_id}), but it was ${became} there, so a TRN may never reach it. Ask the operations team which record is the trainee’s, and a developer to put its id into Register.`
    return { verdict: 'warns', found, evidence }
  }
  if (inDttp?.exists) return { verdict: 'holds', found: `It is ${dttp_id}.`, evidence }
  const found = `DTTP no longer has this trainee’s record (${dttp_id}): it was deleted there, so no TRN can come. Updates of this trainee fail too, with “Cannot find record to be updated”. The trainee must be registered again (re-register). Ask a developer.`
  return { verdict: 'blocks', found, evidence }
}

function whyNotRegistered(job: Rows['registration']): string {
  const never = 'The trainee has no DTTP record: they were never registered there, so asking again will not help.'
  if (!job) return `${never} We have no record of an attempt to register them. Ask a developer.`
  if (isLive(job)) return `${never} They are being registered at the moment: wait until that is finished.`
  if (job.failure === null) return `${never} Ask a developer.`
  return `${never} Registering them failed on ${formatDateTime(job.failure.at)}: ${job.failure.words}`
}

function lookAtPoll({ lastPoll, replaces }: Situation): Finding {
  if (!lastPoll || !isLive(lastPoll)) {
    return { verdict: 'holds', found: lastPoll ? howItEnded(lastPoll) : '', evidence: { polled: false } }
  }
  const found = `DTTP is asked for this TRN already, ${untilWhen(lastPoll)}.`
  const evidence = { polled: true }
  if (!replaces) {
    return {
      verdict: 'blocks',
      found: `${found} ${HOW_TO_REPLACE}`,
      evidence,
      ask: { field: 'replace', options: REPLACE },
    }
  }
  return { verdict: 'warns', found: `${found} This request replaces that time, even by an earlier one.`, evidence }
}

/** What the form can say where DTTP is asked already. */
export const REPLACE = [{ value: 'replace', label: 'Replace what asks for it now' }]

const HOW_TO_REPLACE = 'If that time is wrong, choose to replace it.'

function untilWhen({ timeoutAt }: SeenJob): string {
  return timeoutAt === null ? 'until 4 days after the submission' : `until ${formatDateTime(timeoutAt)}`
}

function howItEnded({ failure, finishedAt }: SeenJob): string {
  const when = finishedAt ? ` on ${formatDateTime(finishedAt)}` : ''
  if (failure?.code === 'timed-out') return `Asking ended${when}, and no TRN had come.`
  return `Asking ended${when}${failure ? `: ${failure.words}` : '.'}`
}
