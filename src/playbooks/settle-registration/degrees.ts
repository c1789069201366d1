import { degreeQualifications } from '../../dttp/payloads/degrees.ts'
import type { Draft } from '../../dttp/payloads/draft.ts'
import type { RegistrationRows } from '../../dttp/payloads/rows.ts'
import type { RegistrationIds } from '../../entities/chatops/registration-attempt.ts'
import type { Candidate } from '../../registration/traces.ts'

/** DTTP's ids of a trainee's degrees, by the degree's own id; and the degrees that could not be told apart there. */
export type MatchedDegrees = { ids: Record<string, string>; unmatched: string[] }

const TRAITS = [
  'dfe_DegreeSubjectId@odata.bind',
  'dfe_DegreeTypeId@odata.bind',
  'dfe_ClassofDegreeId@odata.bind',
  'dfe_AwardingInstitutionId@odata.bind',
  'dfe_DegreeCountryId@odata.bind',
]

/**
 * Which of DTTP's degrees is which of Register's: by DTTP's answer, if that is known, and otherwise by their content.
 * Degrees with the same content can stand for each other.
 */
export function matchDegrees(
  rows: RegistrationRows,
  { contact, degrees }: Candidate,
  answered: RegistrationIds | null,
): MatchedDegrees {
  const own = degreeQualifications(rows, { contact: '', placementAssignment: '' })
  const inDttp = degrees.map(({ id, subjectId, typeId, gradeId, institutionId, countryId }) => ({
    id,
    traits: [subjectId, typeId, gradeId, institutionId, countryId].join(),
  }))
  const pairs = own.map(({ degree, draft }) => {
    if (answered?.contact === contact) return [degree.id, answered.degrees[degree.id] ?? null] as const
    const traits = traitsOf(draft)
    const alike = own.filter((other) => traitsOf(other.draft) === traits).map((other) => other.degree.id)
    const there = inDttp.filter((other) => other.traits === traits)
    const isSure = alike.length === there.length
    return [degree.id, isSure ? (there[alike.indexOf(degree.id)]?.id ?? null) : null] as const
  })
  return {
    ids: Object.fromEntries(pairs.flatMap(([degree, id]) => (id === null ? [] : [[degree, id]]))),
    unmatched: pairs.filter(([, id]) => id === null).map(([degree]) => degree),
  }
}

/** What a degree refers to, in DTTP's ids; left out where Register sends nothing, or cannot. */
function traitsOf(draft: Draft): string {
  return TRAITS.map((key) => /\(([^)]*)\)$/.exec(String(draft[key] ?? ''))?.[1]?.toLowerCase() ?? '').join()
}
