import type { Problem } from '../problems.ts'
import { contact, contactUpdate } from './contact.ts'
import { degreeQualifications } from './degrees.ts'
import { type Draft, problemsIn } from './draft.ts'
import { emptyReferences } from './empty-references.ts'
import { placementAssignment, placementAssignmentUpdate } from './placement-assignment.ts'
import type { RegistrationRows, RouteRules } from './rows.ts'
import { unknownValues } from './unknown-values.ts'

/**
 * The problems that keep us from registering a trainee, each once: those with which Register's own job would raise, and
 * those that only we refuse.
 */
export function preflight(rows: RegistrationRows, rules: RouteRules, submittedBy: string | null): Problem[] {
  return distinct([...unknownValues(rows), ...registrationDrafts(rows, rules, submittedBy).flatMap(problemsIn)])
}

/** The same for updating a trainee whom DTTP has already. */
export function preflightUpdate(rows: RegistrationRows, rules: RouteRules): Problem[] {
  return distinct([...unknownValues(rows), ...updateDrafts(rows, rules).flatMap(problemsIn)])
}

/**
 * Everything that stands in the way of registering a trainee with DTTP, each once; empty if it can be sent. That is
 * more than what makes Register's job raise: Register sends empty references, which DTTP refuses.
 */
export function registrationProblems(rows: RegistrationRows, rules: RouteRules, submittedBy: string | null): Problem[] {
  return problemsOf(registrationDrafts(rows, rules, submittedBy), rows)
}

/** The same for updating a trainee whom DTTP has already. */
export function updateProblems(rows: RegistrationRows, rules: RouteRules): Problem[] {
  return problemsOf(updateDrafts(rows, rules), rows)
}

function problemsOf(drafts: readonly Draft[], rows: RegistrationRows): Problem[] {
  const { trainee } = rows
  const found = drafts.flatMap((draft) => [...problemsIn(draft), ...emptyReferences(draft, trainee)])
  return distinct([...unknownValues(rows), ...found])
}

function registrationDrafts(rows: RegistrationRows, rules: RouteRules, submittedBy: string | null): Draft[] {
  const unsent = { contact: '', placementAssignment: '' }
  return [
    contact(rows, submittedBy, new Date(0)),
    placementAssignment(rows, rules, unsent.contact),
    ...degreeQualifications(rows, unsent).map(({ draft }) => draft),
  ]
}

function updateDrafts(rows: RegistrationRows, rules: RouteRules): Draft[] {
  return [contactUpdate(rows), placementAssignmentUpdate(rows, rules)]
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values()]
}
