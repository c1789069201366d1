import type { FailureCode, SeenJobName } from '../entities/chatops/job.ts'
import { count } from '../words.ts'

// What is known of a failure, and what an explanation of one is made of.

/** Whether DTTP has a record; `none` where Register knows of none to ask for, `unknown` where it could not be asked. */
export type Presence = 'there' | 'missing' | 'none' | 'unknown'

/** A school that the trainee's route sends, with the status codes of its rows in Register's copy of DTTP's schools. */
export type FoundSchool = { which: 'lead' | 'employing'; urn: string; statuses: readonly (number | null)[] }

/** What the read-only checks found of one trainee. Holds no TRN. */
export type FoundTrainee = {
  state: number | null
  route: number | null
  hasTrn: boolean
  contact: Presence
  /** What somebody there has done with it: merged or deactivated. Versions before this one did not look. */
  became?: string | null
  placementAssignment: Presence
  trnInDttp: boolean
  /** A poll that is under way: until when (UTC, as Register's timestamps are written), or null for its own default. */
  poll: { until: string | null } | null
  schools: readonly FoundSchool[]
  /** Records that an unanswered registration may have created; null where there was nothing to look for, or no answer. */
  candidates: readonly string[] | null
}

/** Why an entry was settled without its job having run. */
export type Because =
  | 'trn'
  | 'award'
  | 'state'
  | 'polled'
  | 'registered-again'
  | 'record-back'
  | 'settled'
  | 'registered'
  | 'switched-on'
  | 'school-changed'
  | 'school-active'
  | 'trainee-gone'
  | 'ran'
  | 'removed'
  | 'timed-out-again'
  | 'vanished'

/** What the read-only checks found when they last looked. Trainees by their number; null for one who is gone. */
export type Found = {
  at: string
  /** Whether DTTP answers; null where it was asked about trainees instead. */
  dttp: 'answers' | 'refuses-us' | 'silent' | null
  /** Of the school that the alert is about. */
  statuses: readonly (number | null)[] | null
  trainees: Readonly<Record<string, FoundTrainee | null>>
  /** By the subject of the entry. */
  because: Readonly<Record<string, Because>>
}

/**
 * A playbook that can be started from a post, with what is known of its form: one for the whole post, or one for each
 * trainee.
 */
export type Offer = {
  playbook: string
  label: string
  per: 'alert' | 'trainee'
  values: Readonly<Record<string, string>>
}

/** What is to be explained. `trainee` is null where it is about several or none, `urn` but for one school. */
export type About = {
  code: FailureCode
  job: SeenJobName
  trainee: string | null
  /** How many trainees. */
  trainees: number
  urn: string | null
  found: Found | null
  /** Whether Register's own Sidekiq ran it. */
  byRegister?: boolean
  /** After how long a poll timed out, as Register says it: "4 days". */
  after?: string | null
}

/** After how long a poll timed out, in Register's own words for that. */
export function daysIn(words: string): string | null {
  return /has timed out after (\d+ days?)/.exec(words)?.[1] ?? null
}

/** `without`: what to do without a playbook; `next`: what to do with it. */
export type Explanation = {
  title: string
  meaning: string
  offer?: Offer & { because: string; next: string }
  without: string
}

export function traineeIn({ trainee, found }: About): FoundTrainee | null {
  return trainee === null ? null : (found?.trainees[trainee] ?? null)
}

/** "trainee 5913", or "3 trainees". */
export function who({ trainee, trainees }: About): string {
  if (trainee !== null) return `trainee ${trainee}`
  return trainees > 0 ? count(trainees, 'trainee') : 'a trainee'
}
