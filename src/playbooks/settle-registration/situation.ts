import { findState } from '../../register/trainees/states.ts'
import { type Candidate, type Candidates, saysWhose } from '../../registration/traces.ts'
import type { RegisterSettings } from '../../world.ts'
import { type MatchedDegrees, matchDegrees } from './degrees.ts'
import type { Rows } from './rows.ts'

/** A registration that nobody knows the outcome of, what DTTP has that it may have created, and what was decided. */
export type Situation = Rows & {
  decision: 'use' | 'again'
  /** The record that the form names. */
  named: string | null
  /** Everything that leaves the registration's traces, also what other trainees were given. */
  traced: Candidates
  /** The same without what other trainees were given. */
  records: Candidate[]
  /** Whether a record with these traces can only be the trainee’s. */
  isTellable: boolean
  /** Whether the trainee still waits for what the registration was to bring. */
  isWaiting: boolean
  /** The record that DTTP answered with, or that we chose the id of; null where DTTP has neither. */
  answered: Candidate | null
  /** The record to use. */
  chosen: Candidate | null
  /** Which degree of that record is which; null without one. */
  degrees: MatchedDegrees | null
  register: RegisterSettings
}

export function situationOf(
  rows: Rows,
  traced: Candidates,
  form: { decision: string; contact: string },
  register: RegisterSettings,
): Situation {
  const { trainee, attempt, registration } = rows
  const records = traced.records.filter(({ contact }) => !rows.taken.includes(contact))
  const isTellable = attempt !== null && saysWhose(attempt, trainee)
  const ids = attempt?.ids ?? attempt?.ownIds ?? null
  const answered = records.find(({ contact }) => contact === ids?.contact) ?? null
  const named = chosenRecord(form)
  const only =
    records.length === 1 && rows.namesakes.length === 0 && !traced.isMore && isTellable ? (records[0] ?? null) : null
  const chosen = named === null ? (answered ?? only) : (records.find(({ contact }) => contact === named) ?? null)
  return {
    ...rows,
    decision: form.decision === 'use' ? 'use' : 'again',
    ...{ named, traced, records, isTellable, answered, chosen, register },
    isWaiting: findState(trainee.state) === 'submitted_for_trn' && trainee.trn === null,
    degrees: chosen && matchDegrees(registration, chosen, ids),
  }
}

/** The record that a form names. */
export function chosenRecord({ contact }: { contact: string }): string | null {
  return contact === '' ? null : contact
}

/** Whether a batch that worked could have left it so. */
export function isWhole({ placementAssignments }: Candidate): boolean {
  return placementAssignments.length === 1
}
