import type { EntityManager } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'

/**
 * Columns that say nothing about who a trainee is. Only their values may appear in a channel; those of every other
 * column, also of one that Register adds one day, appear just in the review of someone who may see them.
 */
const NON_PERSONAL_COLUMNS = new Set([
  ...['training_route', 'state', 'progress', 'slug', 'provider_id', 'region', 'ebacc', 'apply_application_id'],
  ...['course_uuid', 'course_education_phase', 'course_subject_one', 'course_subject_two', 'course_subject_three'],
  ...['course_min_age', 'course_max_age', 'course_start_date', 'course_end_date', 'study_mode', 'commencement_date'],
  ...['training_initiative', 'applying_for_bursary', 'applying_for_scholarship', 'applying_for_grant', 'bursary_tier'],
  ...['lead_school_id', 'employing_school_id', 'lead_school_not_applicable', 'employing_school_not_applicable'],
  ...['dttp_id', 'placement_assignment_dttp_id', 'dormancy_dttp_id', 'dttp_update_sha'],
  ...['submitted_for_trn_at', 'recommended_for_award_at', 'awarded_at', 'outcome_date', 'defer_date', 'reinstate_date'],
  ...['status_code', 'urn', 'name', 'created_at', 'updated_at'], // of a DTTP school
])

export function isPersonal(column: string): boolean {
  return !NON_PERSONAL_COLUMNS.has(column)
}

/**
 * What a text gives away about a trainee: "name", "email address", "date of birth" or "address"; null if nothing.
 * Compares without case, accents and punctuation, whole words only.
 */
export async function findPersonalData(sql: EntityManager, slug: string, text: string): Promise<string | null> {
  const trainee = await sql.findOneBy(Trainee, { slug })
  return trainee ? personalDataIn(text, trainee) : null
}

type Person = Pick<
  Trainee,
  | 'first_names'
  | 'middle_names'
  | 'last_name'
  | 'email'
  | 'date_of_birth'
  | 'address_line_one'
  | 'address_line_two'
  | 'postcode'
  | 'international_address'
>

export function personalDataIn(text: string, person: Person): string | null {
  const words = ` ${plainWords(text)} `
  const squeezed = words.replaceAll(' ', '')
  const names = [person.first_names, person.middle_names, person.last_name].flatMap((name) =>
    plainWords(name).split(' '),
  )
  if (person.email && text.normalize('NFKC').toLowerCase().includes(person.email.trim().toLowerCase()))
    return 'email address'
  if (names.some((name) => name.length > 1 && words.includes(` ${name} `))) return 'name'
  if (person.date_of_birth && datesIn(person.date_of_birth).some((date) => words.includes(` ${date} `)))
    return 'date of birth'
  const postcode = plainWords(person.postcode).replaceAll(' ', '')
  if (postcode.length >= 5 && squeezed.includes(postcode)) return 'address'
  const lines = [
    person.address_line_one,
    person.address_line_two,
    ...(person.international_address ?? '').split(/[\n,]/),
  ]
  if (lines.map(plainWords).some((line) => line.length >= 5 && words.includes(` ${line} `))) return 'address'
  return null
}

function plainWords(text: string | null): string {
  return (text ?? '')
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '') // accents, and characters that nobody sees
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/** The ways people write an ISO date, as plainWords leaves them. */
function datesIn(iso: string): string[] {
  const [year = '', month = '', day = ''] = iso.split('-')
  const name = MONTHS[Number(month) - 1] ?? month
  const years = [year, year.slice(2)]
  const days = [day, String(Number(day)), `${Number(day)}${ordinal(Number(day))}`]
  const months = [month, String(Number(month)), name, name.slice(0, 3)]
  return years.flatMap((y) =>
    days.flatMap((d) =>
      months.flatMap((m) => [
        `${d} ${m} ${y}`,
        `${m} ${d} ${y}`,
        `${y} ${m} ${d}`,
        `${y}${month}${day}`,
        `${day}${month}${y}`,
      ]),
    ),
  )
}

function ordinal(day: number): string {
  if (day % 100 >= 11 && day % 100 <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'
}
