import { dttpStatusLabel } from '../../register/schools/schools.ts'
import { stateLabel } from '../../register/trainees/states.ts'
import { routeLabel } from '../../register/trainees/training-routes.ts'

/** What Register's enums mean, by column and integer, in the words of Register's own pages. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  study_mode: ['Part time', 'Full time'],
  course_education_phase: ['Primary', 'Secondary'],
  training_initiative: [
    'Future Teaching Scholars',
    'Maths and Physics Chairs programme / Researchers in Schools',
    'Now Teach',
    'Transition to Teach',
    'Not on a training initiative',
  ],
  bursary_tier: ['Tier 1', 'Tier 2', 'Tier 3'],
  withdraw_reason: [
    'Unknown',
    'For another reason',
    'Death',
    'Exclusion',
    'Financial reasons',
    'Gone into employment',
    'Health reasons',
    'Personal reasons',
    'Transferred to another provider',
    'Written off after lapse of time',
  ],
  locale_code: ['UK', 'Non-UK'],
  gender: ['Male', 'Female', 'Other', 'Gender not provided'],
  diversity_disclosure: ['Diversity information disclosed', 'Diversity information not disclosed'],
  disability_disclosure: ['Disabled', 'No disability', 'Disability not provided'],
  ethnic_group: ['Asian', 'Black', 'Mixed', 'White', 'Other', 'Ethnic group not provided'],
}

/** The label of an enum's integer; null if the column is not an enum. `route` names finished records after its award. */
export function enumLabel(column: string, code: number, route: number | null): string | null {
  if (column === 'training_route') return capitalise(routeLabel(code))
  if (column === 'state') return stateLabel(code, route)
  if (column === 'status_code') return capitalise(dttpStatusLabel(code))
  const labels = LABELS[column]
  return labels ? (labels[code] ?? `Unknown (${code})`) : null
}

export function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** A label inside a sentence: "Lead school" → "lead school", but "DTTP record" stays. */
export function uncapitalise(label: string): string {
  return /^\p{Lu}(?![\p{Lu}\p{N}])/u.test(label) ? `${label.charAt(0).toLowerCase()}${label.slice(1)}` : label
}
