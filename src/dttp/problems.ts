/** Why something cannot be sent to DTTP. The codes are stable: alerts and playbooks choose what to advise by them. */
type ProblemCode =
  | 'commencement-date-missing'
  | 'course-start-date-missing'
  | 'course-end-date-missing'
  | 'date-of-birth-missing'
  | 'gender-missing'
  | 'route-missing'
  | 'degree-missing'
  | 'graduation-year-missing'
  | 'academic-year-unknown'
  | 'lead-school-missing'
  | 'lead-school-not-active-in-dttp'
  | 'employing-school-missing'
  | 'employing-school-not-active-in-dttp'
  | 'provider-without-dttp-id'
  | 'submitter-without-dttp-id'
  | 'name-missing'
  | 'name-unknown'
  | 'value-unknown'

/** One missing thing in plain words. The words hold no value of a personal column, so they may be shown in a channel. */
export type Problem = { readonly code: ProblemCode; readonly message: string }

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value
}

/**
 * Problems with which Register's own job would not raise: it would send DTTP something empty or wrong, such as
 * `/dfe_subjects()` for a name without a code, `""` for a missing birth date, or a wrong date for a missing graduation
 * year. We refuse to send these.
 */
const REFUSED_BY_US: readonly ProblemCode[] = [
  'date-of-birth-missing',
  'graduation-year-missing',
  'name-missing',
  'name-unknown',
  'value-unknown',
]

export function isRefusedByUs({ code }: Problem): boolean {
  return REFUSED_BY_US.includes(code)
}
