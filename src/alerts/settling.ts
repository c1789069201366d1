import type { AlertEntry } from '../entities/chatops/alert.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { isActiveInDttp } from '../register/schools.ts'
import { findState } from '../register/states.ts'
import type { InDttp } from './ask-dttp.ts'
import { flagOf, urnOf } from './causes.ts'
import type { TraineeFacts } from './facts.ts'
import type { Because } from './sight.ts'

/** What is known when an entry is judged; of DTTP only where it was asked. */
export type Seen = {
  cause: string
  /** Undefined if the trainee is gone from Register. */
  facts: TraineeFacts | undefined
  inDttp: InDttp | undefined
  /** Whether the entry's job is still given up. */
  jobFailed: boolean
  register: RegisterFeatures
}

type Entry = Pick<AlertEntry, 'subject' | 'traineeId' | 'failure'>

/** Why the cause of an entry has gone away although its job has not run; null if it has not. Pure. */
export function findCure(entry: Entry, seen: Seen): Because | null {
  if (isPollLost(entry, seen)) return null
  const { code } = entry.failure
  if (code === 'switched-off') return seen.register.isEnabled(flagOf(jobOf(entry))) ? 'switched-on' : null
  if (code === 'trainee-gone' || entry.traineeId === null) return null
  if (!seen.facts) return 'trainee-gone'
  switch (code) {
    case 'timed-out':
    case 'cannot-receive-trn':
      return curePoll(seen.facts, WAITING)
    case 'not-polled':
      return seen.facts.poll ? 'polled' : curePoll(seen.facts, ['submitted_for_trn'])
    case 'gone':
      return cureRecord(entry, seen.facts, seen.inDttp)
    case 'school-not-active':
      return cureSchool(seen, seen.facts)
    case 'outcome-unknown':
      return jobOf(entry) === 'register-for-trn' && seen.facts.unsettled === null ? 'settled' : null
    case 'not-registered':
      return seen.facts.trainee.dttp_id === null ? null : 'registered'
    case 'incomplete':
    case 'dttp-refused':
      return jobOf(entry) === 'register-for-trn' && seen.facts.trainee.dttp_id !== null ? 'registered' : null
    default:
      return null
  }
}

const WAITING = ['submitted_for_trn', 'withdrawn', 'deferred']

/** A poll that was given up does not come back by itself, whatever ended it; the trainee would wait for nothing. */
function isPollLost(entry: Entry, { facts, jobFailed }: Seen): boolean {
  if (jobOf(entry) !== 'retrieve-trn' || entry.failure.code === 'not-polled' || !facts || !jobFailed) return false
  return !facts.poll?.isLive && curePoll(facts, WAITING) === null
}

function curePoll({ hasTrn, trainee }: TraineeFacts, waiting: readonly string[]): Because | null {
  if (hasTrn) return 'trn'
  return waiting.includes(findState(trainee.state) ?? '') ? null : 'state'
}

/** The record that was lost is there again, or another one has taken its place. */
function cureRecord({ failure }: Entry, { trainee }: TraineeFacts, inDttp: InDttp | undefined): Because | null {
  if (trainee.dttp_id === null) return null
  if (failure.contact !== undefined && failure.contact !== trainee.dttp_id) return 'registered-again'
  return inDttp?.contact === 'there' && inDttp.placementAssignment === 'there' ? 'record-back' : null
}

/** No school, active or another, brings the job back that was given up: someone must have it run again. */
function cureSchool({ cause, jobFailed }: Seen, { schools }: TraineeFacts): Because | null {
  const urn = urnOf(cause)
  if (urn === null) return null
  const school = schools.find((sent) => sent.urn === urn)
  if (jobFailed) return null
  if (!school) return 'school-changed'
  return school.statuses.some(isActiveInDttp) ? 'school-active' : null
}

function jobOf({ subject }: Entry): Parameters<typeof flagOf>[0] {
  return subject.split(':')[0] as Parameters<typeof flagOf>[0]
}
