import type { EntityManager } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'

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
 * Compares whole words, without case, accents, punctuation and characters that nobody sees.
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
  const words = wordsOf(text)
  const email = fold(person.email).trim()
  if (email !== '' && fold(text).includes(email)) return 'email address'
  if (holdsName(words, person)) return 'name'
  if (person.date_of_birth && datesIn(person.date_of_birth).some((date) => holds(words, date))) return 'date of birth'
  return holdsAddress(words, person) ? 'address' : null
}

/** The words of a text between spaces, each in two forms: "Jane's" as "janes" and as "jane". */
function wordsOf(text: string): string {
  const withoutPossessives = fold(text).replace(/'s?(?![\p{L}\p{N}])/gu, ' ')
  return ` ${plainWords(text)} | ${plainWords(withoutPossessives)} `
}

function holds(words: string, phrase: string): boolean {
  return words.includes(` ${phrase} `)
}

function holdsName(words: string, { first_names, middle_names, last_name }: Names): boolean {
  const single = [first_names, middle_names, last_name].flatMap(spellingsOf)
  if (single.some((name) => holds(words, name))) return true
  const first = [...partsOf(first_names), squeeze(`${first_names ?? ''} ${middle_names ?? ''}`)].filter(isTelling)
  const last = partsOf(last_name).filter(isTelling)
  return first.flatMap((one) => last.flatMap((other) => [one + other, other + one])).some((n) => holdsJoined(words, n))
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

/** How a first or last name may appear in a full name: all of it, or one of its first four parts. */
function partsOf(name: string | null): string[] {
  return [squeeze(name), ...plainWords(name).split(' ').slice(0, 4)]
}

/** The ways people write a name: each part, "O'Brien" as "obrien" and "o brien", "Anne-Marie" also as "annemarie". */
function spellingsOf(name: string | null): string[] {
  const folded = fold(name)
  const parts = folded.split(/[^\p{L}\p{N}']+/u)
  const squeezed = [folded, ...folded.split(/\s+/)].map(squeeze).filter((spelling) => spelling.length >= 4)
  return [...parts.flatMap((part) => [plainWords(part), spaced(part)]).filter(isTelling), ...squeezed]
}

/** A single Latin letter does not tell who somebody is, but a single Chinese character can be a whole name. */
function isTelling(word: string): boolean {
  return word.length > 1 || /[^\p{Script=Latin}\p{N}]/u.test(word)
}

function holdsAddress(words: string, address: Address): boolean {
  const postcode = squeeze(address.postcode)
  if (postcode.length >= 5 && words.replaceAll(' ', '').includes(postcode)) return true
  const { address_line_one, address_line_two, town_city, international_address } = address
  const lines = [address_line_one, address_line_two, ...(international_address ?? '').split(/[\n,]/)].map(plainWords)
  const town = plainWords(town_city)
  return (town.length >= 4 && holds(words, town)) || lines.some((line) => line.length >= 5 && holds(words, line))
}

/** Letters that are not a plain letter with an accent, and how people type them on a plain keyboard. */
const PLAIN = new Map(Object.entries({ ł: 'l', ø: 'o', đ: 'd', ð: 'd', ı: 'i', þ: 'th', ß: 'ss', æ: 'ae', œ: 'oe' }))

/** The text in small plain letters, without characters that nobody sees, and with one kind of apostrophe. */
function fold(text: string | null): string {
  return (text ?? '')
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/[łøđðıþßæœ]/g, (letter) => PLAIN.get(letter) ?? letter)
    .replace(/[’‘‛ʼ`′]/g, "'")
}

function spaced(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

function plainWords(text: string | null): string {
  return spaced(fold(text).replaceAll("'", ''))
}

function squeeze(text: string | null): string {
  return plainWords(text).replaceAll(' ', '')
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ')

/** The ways people write an ISO date, as plainWords leaves them. */
function datesIn(iso: string): string[] {
  const [year = '', month = '', day = ''] = iso.split('-')
  const name = MONTHS[Number(month) - 1] ?? month
  const years = [year, year.slice(2)]
  const days = [day, String(Number(day)), `${Number(day)}${ordinal(Number(day))}`]
  const months = [month, String(Number(month)), name, name.slice(0, 3), name.slice(0, 4)] // also four letters, for "Sept"
  const parted = years.flatMap((y) =>
    days.flatMap((d) =>
      months.flatMap((m) => [`${d} ${m} ${y}`, `${d} of ${m} ${y}`, `${m} ${d} ${y}`, `${y} ${m} ${d}`]),
    ),
  )
  return [...parted, ...years.flatMap((y) => [`${y}${month}${day}`, `${day}${month}${y}`])]
}

function ordinal(day: number): string {
  if (day % 100 >= 11 && day % 100 <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'
}
