import type { AlertEntry } from '../entities/chatops/alert.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { flagOf } from '../register/jobs/words.ts'
import { isActiveInDttp } from '../register/schools/schools.ts'
import { findState } from '../register/trainees/states.ts'
import { jobOf, urnOf } from './causes.ts'
import type { Because, FoundSchool, Presence } from './found.ts'

// Decides whether the cause of a failure has gone away although the job has not run again, and why.

export type Entry = Pick<AlertEntry, 'subject' | 'traineeId' | 'failure'>

/** What our own database says of the trainee. */
type Facts = {
  trainee: Pick<Trainee, 'state' | 'dttp_id'>
  hasTrn: boolean
  /** The trainee's poll, or the last one there was: since when, and whether it is under way. */
  poll: { isLive: boolean; since: Date } | null
  schools: readonly FoundSchool[]
  /** A registration of which nobody knows the outcome; null for none. */
  unsettled: object | null
}

/** What is known when an entry is judged; of DTTP only where it was asked. */
export type Circumstances = {
  cause: string
  /** Undefined if the trainee is gone from Register. */
  facts: Facts | undefined
  inDttp: { contact: Presence; placementAssignment: Presence } | undefined
  /** Whether the entry's job is given up, and nothing has made up for it. */
  jobGivenUp: boolean
  register: RegisterFeatures
}

/** Why an entry's cause has gone away; null if it has not. Pure. */
export type Cure = (entry: Entry, seen: Circumstances) => Because | null

export const never: Cure = () => null

/** The job that was taken for lost is known by now to have run, or somebody has taken it away. */
export const byRun: Cure = (_entry, { jobGivenUp }) => (jobGivenUp ? null : 'ran')

/** A cure that is judged by the trainee's own record. A trainee who is no longer in Register needs none. */
export function ofTrainee(cure: (entry: Entry, facts: Facts, seen: Circumstances) => Because | null): Cure {
  return (entry, seen) => {
    if (entry.traineeId === null) return null
    return seen.facts ? cure(entry, seen.facts, seen) : 'trainee-gone'
  }
}

export const byFlag: Cure = (entry, { register }) => (register.isEnabled(flagOf(jobOf(entry))) ? 'switched-on' : null)

/** What a poll that timed out asked for is there. */
export const byArrival: Cure = (entry, seen) => (jobOf(entry) === 'retrieve-award' ? byAward : byTrn)(entry, seen)

const byAward = ofTrainee((_entry, { trainee }) => (findState(trainee.state) === 'awarded' ? 'award' : null))

export const byTrn = ofTrainee((_entry, facts) => curePoll(facts, WAITING))

/** A poll that was over before is the one that nobody goes on with. */
export const byPoll = ofTrainee(({ failure }, facts) => {
  const isPolled = facts.poll && (facts.poll.isLive || facts.poll.since > new Date(failure.at))
  return isPolled ? 'polled' : curePoll(facts, ['submitted_for_trn'])
})

/** Of a job that only Register runs: that DTTP has a record, say, does not do its work. */
export const ofOtherJob: Cure = (entry, seen) => {
  if (entry.failure.code === 'vanished') return byRun(entry, seen)
  return entry.failure.code === 'timed-out' ? byArrival(entry, seen) : ofTrainee(() => null)(entry, seen)
}

/** The record that was lost is there again, or another one has taken its place. */
export const byRecord = ofTrainee(({ failure }, { trainee }, { inDttp }) => {
  if (trainee.dttp_id === null) return null
  if (failure.contact !== undefined && failure.contact !== trainee.dttp_id) return 'registered-again'
  return inDttp?.contact === 'there' && inDttp.placementAssignment === 'there' ? 'record-back' : null
})

/**
 * As long as the job is given up, nothing is cured, even if the school is active or the trainee has another one:
 * somebody must have the job run again.
 */
export const bySchool = ofTrainee((_entry, { schools }, { cause, jobGivenUp }) => {
  const urn = urnOf(cause)
  if (urn === null || jobGivenUp) return null
  const school = schools.find((sent) => sent.urn === urn)
  if (!school) return 'school-changed'
  return school.statuses.some(isActiveInDttp) ? 'school-active' : null
})

export const bySettling = ofTrainee((entry, { unsettled }) =>
  jobOf(entry) === 'register-for-trn' && unsettled === null ? 'settled' : null,
)

export const byRegistration = ofTrainee((_entry, { trainee }) => (trainee.dttp_id === null ? null : 'registered'))

/** The same for a failed registration only: an update that failed for this is not cured by a DTTP record. */
export const byOwnRegistration = ofTrainee((entry, { trainee }) =>
  jobOf(entry) === 'register-for-trn' && trainee.dttp_id !== null ? 'registered' : null,
)

/**
 * Whether a trainee still waits for a TRN although their poll was given up. It does not run again by itself, so its
 * failure is not cured, even if its cause has gone away.
 */
export function isPollLost(entry: Entry, { facts, jobGivenUp }: Circumstances): boolean {
  if (jobOf(entry) !== 'retrieve-trn' || entry.failure.code === 'not-polled' || !facts || !jobGivenUp) return false
  return !facts.poll?.isLive && curePoll(facts, WAITING) === null
}

const WAITING = ['submitted_for_trn', 'withdrawn', 'deferred']

function curePoll({ hasTrn, trainee }: Facts, waiting: readonly string[]): Because | null {
  if (hasTrn) return 'trn'
  const state = findState(trainee.state)
  // Nobody here knows whether one in a state that Register has added since still waits.
  return state === null || waiting.includes(state) ? null : 'state'
}
