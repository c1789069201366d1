import type { Alert, AlertEntry } from '../entities/chatops/alert.ts'
import type { Job } from '../entities/chatops/job.ts'

// What a post about failed jobs is drawn from. alerts/ finds it, and views/alert.ts shows it.

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

/** An entry, and where its job stands; null where there is no job. */
export type SeenEntry = AlertEntry & { job: Pick<Job, 'status'> | null }

/** What an alert says of one trainee, or of jobs without one. */
export type Group = {
  trainee: { id: string; slug: string | null; dttpId: string | null } | null
  entries: readonly SeenEntry[]
  /** The playbook for this trainee, if there is one of use to them. */
  offer: Offer | null
}

/** A playbook that can be started from a post, with what is known of its form; for all of it, or for one trainee each. */
export type Offer = {
  playbook: string
  label: string
  per: 'alert' | 'trainee'
  values: Readonly<Record<string, string>>
}

/** What has happened in plain words, what it means, which playbook applies and why, and what to do. */
export type Diagnosis = { title: string; meaning: string; why: string | null; todo: string; offer: Offer | null }

/** An alert with the trainees that its post shows; `open` and `all` count trainees, and jobs without one as one. */
export type AlertSight = {
  alert: Alert
  /** The school it is about, if it is about one. */
  urn: string | null
  found: Found | null
  groups: readonly Group[]
  open: number
  all: number
  diagnosis: Diagnosis
}
