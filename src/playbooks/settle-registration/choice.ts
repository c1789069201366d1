import type { Facts } from '../../contract/playbook.ts'
import { findState } from '../../register/states.ts'
import { type Candidate, type Candidates, saysWhose } from '../../registration/traces.ts'
import { type MatchedDegrees, matchDegrees } from './degrees.ts'
import type { Form } from './form.ts'
import type { Rows } from './rows.ts'

/** What the checks and the plan of settle-registration see. */
export type Seen = Facts<Rows, Candidates, Form>

/** What DTTP has, without what other trainees were given. */
export function recordsOf({ rows, upstream }: Pick<Seen, 'rows' | 'upstream'>): Candidate[] {
  return upstream.records.filter(({ contact }) => !rows.taken.includes(contact))
}

/**
 * The record to use: the one that was named, or else the one that DTTP answered with, or else the only one, unless it
 * may be anybody’s.
 */
export function chosenOf(seen: Seen): Candidate | null {
  const records = recordsOf(seen)
  const { named } = seen.rows
  if (named !== null) return records.find(({ contact }) => contact === named) ?? null
  const only = records.length === 1 && !seen.upstream.isMore && isTellable(seen) ? records[0] : null
  return answeredOf(seen) ?? only ?? null
}

/** Whether a record that leaves these traces must be the trainee’s. */
export function isTellable({ rows: { attempt, trainee } }: Pick<Seen, 'rows'>): boolean {
  return attempt !== null && saysWhose(attempt, trainee)
}

/** The record that DTTP answered with, where its ids could not be saved; null where it never answered. */
export function answeredOf(seen: Seen): Candidate | null {
  const contact = seen.rows.attempt?.ids?.contact
  return recordsOf(seen).find((candidate) => candidate.contact === contact) ?? null
}

/** Whether the trainee still waits for what the registration was to bring. */
export function isWaiting({ rows: { trainee } }: Pick<Seen, 'rows'>): boolean {
  return findState(trainee.state) === 'submitted_for_trn' && trainee.trn === null
}

/** Which degree of the chosen record is which; null without one. */
export function degreesOf(seen: Seen): MatchedDegrees | null {
  const chosen = chosenOf(seen)
  return chosen && matchDegrees(seen.rows.registration, chosen, seen.rows.attempt?.ids ?? null)
}

/** Whether a batch that worked could have left it so. */
export function isComplete({ placementAssignments }: Candidate): boolean {
  return placementAssignments.length === 1
}
