import type { Facts } from '../playbook.ts'
import type { Candidate } from '../registration-traces.ts'
import { type MatchedDegrees, matchDegrees } from './degrees.ts'
import type { Form } from './form.ts'
import type { Rows } from './rows.ts'

/** What the checks and the plan of settle-registration see. */
export type Seen = Facts<Rows, Candidate[], Form>

/** What DTTP has, without what belongs to another trainee. */
export function candidatesOf({ rows, upstream }: Pick<Seen, 'rows' | 'upstream'>): Candidate[] {
  return upstream.filter(({ contact }) => !rows.taken.includes(contact))
}

/** The record to use: the one that was named, or else the one that DTTP answered with, or else the only one. */
export function chosenOf(seen: Seen): Candidate | null {
  const candidates = candidatesOf(seen)
  const { named } = seen.rows
  if (named !== null) return candidates.find(({ contact }) => contact === named) ?? null
  return answeredOf(seen) ?? (candidates.length === 1 ? (candidates[0] ?? null) : null)
}

/** The record that DTTP answered with, where its ids could not be saved; null where it never answered. */
function answeredOf(seen: Seen): Candidate | null {
  const contact = seen.rows.attempt?.ids?.contact
  return candidatesOf(seen).find((candidate) => candidate.contact === contact) ?? null
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
