import type { EntityManager } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'
import { holdsDate } from './birth-dates.ts'
import { foldings, foldingsOfName, foldPlain, readingsOf } from './readings.ts'

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
type Address = Pick<
  Trainee,
  'address_line_one' | 'address_line_two' | 'town_city' | 'postcode' | 'international_address'
>
type Person = Names & Address & Pick<Trainee, 'email' | 'date_of_birth'>

export function personalDataIn(text: string, person: Person): string | null {
  const readings = readingsOf(text)
  const words = readings.map(wordsOf).join('')
  const emails = foldings(person.email ?? '').map((email) => email.trim())
  if (emails.some((email) => email !== '' && readings.some((reading) => reading.includes(email))))
    return 'email address'
  if (holdsName(words, person) || readings.some((reading) => holdsCutName(reading, person))) return 'name'
  if (person.date_of_birth && holdsDate(words, person.date_of_birth)) return 'date of birth'
  return holdsAddress(words, person) ? 'address' : null
}

/** The words of a text between spaces, each in two forms: "Jane's" as "janes" and as "jane". */
function wordsOf(reading: string): string {
  const withoutPossessives = reading.replace(/'s?(?![\p{L}\p{N}])/gu, ' ')
  return ` ${plainWords(reading)} | ${plainWords(withoutPossessives)} |`
}

function holds(words: string, phrase: string): boolean {
  return words.includes(` ${phrase} `)
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

function holdsAddress(words: string, address: Address): boolean {
  const joined = words.replaceAll(' ', '')
  const postcode = squeeze(foldPlain(address.postcode ?? ''))
  if (postcode.length >= 5 && joined.includes(postcode)) return true
  const towns = foldings(address.town_city ?? '').map(plainWords)
  if (towns.some((town) => town.length >= 4 && holds(words, town))) return true
  const { address_line_one, address_line_two, international_address } = address
  const lines = [address_line_one, address_line_two, international_address].flatMap((line) => foldings(line ?? ''))
  const parts = lines.flatMap((line) => [line, ...line.split(/[\n,;]/)]).map(plainWords)
  if (parts.some((part) => part.length >= 5 && holds(words, part))) return true
  const whole = inFull(words)
  const together = foldings([address_line_one, address_line_two].join(' ')).concat(lines)
  return together.flatMap(housesIn).some((house) => holds(whole, house) || holdsJoined(joined, squeeze(house)))
}

/** How people shorten the last word of a street. */
const STREETS = new Map(
  Object.entries({
    ...{ st: 'street', rd: 'road', ave: 'avenue', av: 'avenue', ln: 'lane', dr: 'drive', cl: 'close', ct: 'court' },
    ...{ gdns: 'gardens', sq: 'square', pl: 'place', ter: 'terrace', terr: 'terrace', cres: 'crescent', gr: 'grove' },
  }),
)
const STREET = [...new Set(STREETS.values()), 'way', 'row', 'hill', 'park', 'mews', 'walk', 'view', 'rise'].join('|')
const HOUSE = new RegExp(`\\b\\d+[a-z]?(?: [^ \\d]+){1,3}? (?:${STREET})(?= |$)`, 'gu')

/** Each house number with its street, up to the word that says what kind of street it is. */
function housesIn(line: string): string[] {
  return inFull(plainWords(line)).match(HOUSE) ?? []
}

function inFull(words: string): string {
  return words.replace(/[^ ]+/g, (word) => STREETS.get(word) ?? word)
}

function spaced(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

/** The words of a folded text between single spaces. */
function plainWords(folded: string): string {
  return spaced(folded.replaceAll("'", ''))
}

function squeeze(folded: string): string {
  return plainWords(folded).replaceAll(' ', '')
}
