import type { Problem } from '../problems.ts'
import { contact, contactUpdate } from './contact.ts'
import { degreeQualifications } from './degrees.ts'
import { problemsIn } from './draft.ts'
import { placementAssignment, placementAssignmentUpdate } from './placement-assignment.ts'
import type { RegistrationRows, RouteRules } from './rows.ts'

/** Everything that stands in the way of registering a trainee with DTTP, each once; empty if it can be sent. */
export function preflight(rows: RegistrationRows, rules: RouteRules, submittedBy: string | null): Problem[] {
  const unsent = { contact: '', placementAssignment: '' }
  return distinct([
    ...problemsIn(contact(rows, submittedBy, new Date(0))),
    ...problemsIn(placementAssignment(rows, rules, unsent.contact)),
    ...degreeQualifications(rows, unsent).flatMap(({ draft }) => problemsIn(draft)),
  ])
}

/** The same for updating a trainee whom DTTP has already. */
export function preflightUpdate(rows: RegistrationRows, rules: RouteRules): Problem[] {
  return distinct([...problemsIn(contactUpdate(rows)), ...problemsIn(placementAssignmentUpdate(rows, rules))])
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values()]
}
