import { isActiveInDttp } from '../../register/schools/schools.ts'
import type { WhichSchool } from '../../register/schools/sent-schools.ts'
import type { Problem } from '../problems.ts'
import { type Draft, reference } from './draft.ts'
import { byId, type RegistrationRows, type RouteRules } from './rows.ts'

/** The account that DTTP keeps for "not applicable" (Dttp::Params::PlacementAssignment). */
const NOT_APPLICABLE = '9e7fcac0-4a37-e811-80ef-005056ac45bb'

/** The schools in the training record, as far as the route sends them. */
export function schoolReferences(rows: RegistrationRows, rules: RouteRules): Draft {
  const columns = { lead: 'dfe_LeadSchoolId@odata.bind', employing: 'dfe_EmployingSchoolId@odata.bind' } as const
  return Object.fromEntries(rules.schools.map((which) => [columns[which], reference('accounts', account(rows, which))]))
}

/** If two active rows have one URN, Register takes either of them. We take the older one. */
function account({ trainee, schools, dttpSchools }: RegistrationRows, which: WhichSchool): string | Problem {
  if (trainee[`${which}_school_not_applicable`]) return NOT_APPLICABLE
  const id = trainee[`${which}_school_id`]
  const school = id === null ? undefined : schools.find((candidate) => candidate.id === id)
  if (!school) {
    return { code: `${which}-school-missing`, message: `The ${which} school is not set, and the route sends one.` }
  }
  const [active] = byId(dttpSchools).filter(
    ({ urn, status_code, dttp_id }) => urn === school.urn && isActiveInDttp(status_code) && dttp_id !== null,
  )
  return (
    active?.dttp_id ?? {
      code: `${which}-school-not-active-in-dttp`,
      message: `The ${which} school (URN ${school.urn}) is not an active school in DTTP.`,
    }
  )
}
