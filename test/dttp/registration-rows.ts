// A trainee with nothing missing, as our sessions read the rows.
import type { RegistrationRows, RouteRules } from '../../src/dttp/payloads/rows.ts'
import { readRows } from '../parity/register-for-trn.ts'

const at = { created_at: '2021-10-20T09:15:27.123456', updated_at: '2021-10-20T09:15:27.123456' }

/** On a salaried School Direct route, which sends most: both schools and a degree. */
export const rules: RouteRules = { requiresDegree: true, schools: ['lead', 'employing'] }

export const NO_SCHOOLS_NO_DEGREE: RouteRules = {
  requiresDegree: false,
  schools: [],
}

const SALARIED = 4
const ACTIVE = 1

export function registrationRows(changes: Partial<RegistrationRows['trainee']> = {}): RegistrationRows {
  const rows = readRows({
    trainee: { id: 1, slug: 'slug', provider_id: 1, training_route: SALARIED, ...person, ...course, ...at },
    provider: { id: 1, name: 'Provider', code: 'A1', dttp_id: '00000000-0000-4000-8000-00000000000a', ...at },
    schools: [
      { id: 10, urn: '900010', name: 'Lead', lead_school: true, ...at },
      { id: 9, urn: '900009', name: 'Employing', lead_school: false, ...at },
    ],
    dttp_schools: [
      { id: 1, urn: '900010', status_code: ACTIVE, dttp_id: 'lead-in-dttp', ...at },
      { id: 2, urn: '900009', status_code: ACTIVE, dttp_id: 'employing-in-dttp', ...at },
    ],
    nationalities: [{ id: 1, name: 'irish', ...at }],
    disabilities: [],
    degrees: [{ id: 1, slug: 'degree', trainee_id: 1, ...ukDegree, ...at }],
  })
  return { ...rows, trainee: { ...rows.trainee, ...changes } }
}

const person = {
  ...{ first_names: 'Ada', last_name: 'Lovelace', date_of_birth: '1990-01-01', gender: 1, diversity_disclosure: 1 },
  ...{ state: 1, ebacc: false, lead_school_id: 10, employing_school_id: 9 },
}
const course = {
  ...{ course_subject_one: 'mathematics', course_min_age: 11, course_max_age: 16, study_mode: 1 },
  ...{ course_start_date: '2021-09-06', course_end_date: '2022-07-15', commencement_date: '2021-09-06' },
}
const ukDegree = {
  ...{ locale_code: 0, uk_degree: 'Bachelor of Science', subject: 'Mathematics', grade: 'First-class honours' },
  ...{ institution: 'University of Lancaster', graduation_year: 2012 },
}
