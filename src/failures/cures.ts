import type { AlertEntry } from '../entities/chatops/alert.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { flagOf } from '../register/jobs.ts'
import { isActiveInDttp } from '../register/schools.ts'
import { findState } from '../register/states.ts'
import { jobOf, urnOf } from './causes.ts'
import type { Because, FoundSchool, Presence } from './found.ts'

// Why what made a job fail has gone away, although the job has not run.

export type Entry = Pick<AlertEntry, 'subject' | 'traineeId' | 'failure'>

/** What our own database says of the trainee. */
type Facts = {
  trainee: Pick<Trainee, 'state' | 'dttp_id'>
  hasTrn: boolean
  /** The trainee's poll, or the last one there was, and whether it is under way. */
  poll: { isLive: boolean } | null
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
  /** Whether the entry's job is still given up. */
  jobFailed: boolean
  register: RegisterFeatures
}

/** Why an entry's cause has gone away; null if it has not. Pure. */
export type Cure = (entry: Entry, seen: Circumstances) => Because | null

export const never: Cure = () => null

/** Where only the trainee's own record can tell; who has left Register needs no cure. */
export function ofTrainee(cure: (entry: Entry, facts: Facts, seen: Circumstances) => Because | null): Cure {
  return (entry, seen) => {
    if (entry.traineeId === null) return null
    return seen.facts ? cure(entry, seen.facts, seen) : 'trainee-gone'
  }
}

export const byFlag: Cure = (entry, { register }) => (register.isEnabled(flagOf(jobOf(entry))) ? 'switched-on' : null)

export const byTrn = ofTrainee((_entry, facts) => curePoll(facts, WAITING))

export const byPoll = ofTrainee((_entry, facts) => (facts.poll ? 'polled' : curePoll(facts, ['submitted_for_trn'])))

/** The record that was lost is there again, or another one has taken its place. */
export const byRecord = ofTrainee(({ failure }, { trainee }, { inDttp }) => {
  if (trainee.dttp_id === null) return null
  if (failure.contact !== undefined && failure.contact !== trainee.dttp_id) return 'registered-again'
  return inDttp?.contact === 'there' && inDttp.placementAssignment === 'there' ? 'record-back' : null
})

/** No school, active or another, brings the job back that was given up: someone must have it run again. */
export const bySchool = ofTrainee((_entry, { schools }, { cause, jobFailed }) => {
  const urn = urnOf(cause)
  if (urn === null || jobFailed) return null
  const school = schools.find((sent) => sent.urn === urn)
  if (!school) return 'school-changed'
  return school.statuses.some(isActiveInDttp) ? 'school-active' : null
})

export const bySettling = ofTrainee((entry, { unsettled }) =>
  jobOf(entry) === 'register-for-trn' && unsettled === null ? 'settled' : null,
)

export const byRegistration = ofTrainee((_entry, { trainee }) => (trainee.dttp_id === null ? null : 'registered'))

/** The same where only a registration failed for it: what else is sent needs more than a record. */
export const byOwnRegistration = ofTrainee((entry, { trainee }) =>
  jobOf(entry) === 'register-for-trn' && trainee.dttp_id !== null ? 'registered' : null,
)

/** A poll that was given up does not come back by itself, whatever ended it; the trainee would wait for nothing. */
export function isPollLost(entry: Entry, { facts, jobFailed }: Circumstances): boolean {
  if (jobOf(entry) !== 'retrieve-trn' || entry.failure.code === 'not-polled' || !facts || !jobFailed) return false
  return !facts.poll?.isLive && curePoll(facts, WAITING) === null
}

const WAITING = ['submitted_for_trn', 'withdrawn', 'deferred']

function curePoll({ hasTrn, trainee }: Facts, waiting: readonly string[]): Because | null {
  if (hasTrn) return 'trn'
  return waiting.includes(findState(trainee.state) ?? '') ? null : 'state'
}
