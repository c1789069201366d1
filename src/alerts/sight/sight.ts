import type { Alert, AlertEntry } from '../../entities/chatops/alert.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { JobRow } from '../../entities/chatops/job.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import type { Found, Offer } from '../../failures/found.ts'

// What a post about failed jobs is drawn from. alerts/ finds it, and views/alert/alert.ts shows it.

/** An entry, and where its job stands; null where there is no job. */
export type SeenEntry = AlertEntry & { job: Pick<JobRow, 'status' | 'curedAt'> | null }

export type SeenTrainee = { id: string; slug: string | null; dttpId: string | null }

/** What an alert says of one trainee, or of jobs without one. */
export type Group = {
  trainee: SeenTrainee | null
  entries: readonly SeenEntry[]
  /** The playbook for this trainee, if there is one of use to them. */
  offer: Offer | null
}

/** What has happened in plain words, what it means, which playbook applies and why, and what to do. */
export type Diagnosis = { title: string; meaning: string; why: string | null; todo: string; offer: Offer | null }

/** An alert with the trainees that its post shows; `open` and `all` count trainees, and jobs without one as one. */
export type AlertSight = {
  alert: Alert
  /** The school it is about, if it is about one. */
  urn: string | null
  /** What that school is called; null where that is not known. */
  school: string | null
  found: Found | null
  groups: readonly Group[]
  /** Its other trainees that are still open, as many as can be named: the post names them in one block, without details. */
  others: readonly SeenTrainee[]
  open: number
  all: number
  diagnosis: Diagnosis
  /** What people do about it already: requests that are not over, and who waits for its school. */
  requests: readonly ChangeRequest[]
  waits: readonly SchoolWait[]
  /** The requests that have resolved it; none where it is open, or was resolved by itself. */
  resolvedBy: readonly ChangeRequest[]
}
