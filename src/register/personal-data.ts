import type { EntityManager } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'
import { type Address, holdsAddress } from './addresses.ts'
import { holdsDate } from './birth-dates.ts'
import { foldings, foldingsOfName, holds, plainWords, readingsOf, spaced, squeeze } from './readings.ts'

/**
 * Columns that say nothing about who a trainee is. Only their values may appear in a channel. The values of every other
 * column appear only in the review of somebody who may see them; so do those of a column that Register adds one day.
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
 * Compares whole words, without case, accents, punctuation, escapes and characters that nobody sees.
 */
export async function findPersonalData(sql: EntityManager, slug: string, text: string): Promise<string | null> {
  const trainee = await sql.findOneBy(Trainee, { slug })
  return trainee ? personalDataIn(text, trainee) : null
}

type Names = Pick<Trainee, 'first_names' | 'middle_names' | 'last_name'>
type Person = Names & Address & Pick<Trainee, 'email' | 'date_of_birth'>

export function personalDataIn(text: string, person: Person): string | null {
  const readings = readingsOf(text)
  const words = readings.map(wordsOf).join('')
  if (holdsEmail(words, person.email)) return 'email address'
  if (holdsName(words, person) || readings.some((reading) => holdsCutName(reading, person))) return 'name'
  if (person.date_of_birth && holdsDate(words, person.date_of_birth)) return 'date of birth'
  return holdsAddress(words, person) ? 'address' : null
}

/** The words of a text between spaces, each in two forms: "Jane's" as "janes" and as "jane". */
function wordsOf(reading: string): string {
  const withoutPossessives = reading.replace(/'s?(?![\p{L}\p{N}])/gu, ' ')
  return ` ${plainWords(reading)} | ${plainWords(withoutPossessives)} |`
}

/** "zoe@example.test" also as "zoe at example dot test", with whatever stands between the words. */
function holdsEmail(words: string, email: string | null): boolean {
  const joined = words.replaceAll(' ', '')
  const spoken = foldings(email ?? '').flatMap((folded) => {
    const at = folded.replace('@', ' at ')
    return [folded, at, at.replaceAll('.', ' dot ')]
  })
  return spoken.map(squeeze).some((address) => address.length >= 6 && joined.includes(address))
}

function holdsName(words: string, { first_names, middle_names, last_name }: Names): boolean {
  const single = [first_names, middle_names, last_name].flatMap(spellingsOf)
  if (single.some((name) => holds(words, name))) return true
  const first = [...partsOf(first_names), ...partsOf(`${first_names ?? ''} ${middle_names ?? ''}`).slice(0, 1)]
  const last = partsOf(last_name).filter(isTelling)
  return first
    .filter(isTelling)
    .flatMap((one) => last.flatMap((other) => [one + other, other + one]))
    .some((name) => holdsJoined(words, name))
}

/**
 * Whether the first and the last name are written together in the text. Inside a longer word they count only if they
 * are too long to be there by chance.
 */
function holdsJoined(words: string, name: string): boolean {
  if (name.length >= 8 || WITHOUT_SPACES.test(name)) return words.includes(name)
  return name.length >= 5 && holds(words, name)
}

const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

/** Whether a word that is cut off, as "Quäcken…", begins a name. */
function holdsCutName(reading: string, { first_names, middle_names, last_name }: Names): boolean {
  const cut = [...reading.matchAll(/(?<![\p{L}])(\p{L}{4,40})(?:…|\.{2,})/gu)].map(([, word = '']) => word)
  if (cut.length === 0) return false
  const names = [first_names, middle_names, last_name].flatMap(spellingsOf)
  return cut.some((word) => names.some((name) => name.startsWith(word)))
}

/** How a first or last name may appear in a full name: all of it, or one of its first parts. */
function partsOf(name: string | null): string[] {
  const parts = foldings(name ?? '').flatMap((folded) => [
    squeeze(folded),
    ...plainWords(folded).split(' ').slice(0, 4),
  ])
  return [...new Set(parts)]
}

/** The ways people write a name: each part, "O'Brien" as "obrien" and "o brien", "Anne-Marie" also as "annemarie". */
function spellingsOf(name: string | null): string[] {
  return foldingsOfName(name ?? '').flatMap((folded) => {
    const parts = folded.split(/[^\p{L}\p{N}']+/u)
    const squeezed = [folded, ...folded.split(/\s+/)].map(squeeze).filter((spelling) => spelling.length >= 4)
    return [...parts.flatMap((part) => [plainWords(part), spaced(part)]).filter(isTelling), ...squeezed]
  })
}

/** A single Latin letter does not tell who somebody is, but a single Chinese character can be a whole name. */
function isTelling(word: string): boolean {
  return word.length > 1 || /[^\p{Script=Latin}\p{N}]/u.test(word)
}
