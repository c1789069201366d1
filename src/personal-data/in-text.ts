import type { EntityManager } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'
import { selectColumns } from '../entities/select-rows.ts'
import { type Address, holdsAddress } from './addresses.ts'
import { holdsDate } from './birth-dates.ts'
import { holdsCutName, holdsName, type Names } from './names.ts'
import { foldings, plainWords, readingsOf, squeeze } from './readings.ts'

// Free text must name nobody whom it may mean: whoever it is about, as its caller knows, and whoever it speaks of itself, by
// number or by link.

/** Which of these texts, by name, gives something away about a trainee, by slug, or whom any of them speaks of; and what. */
export async function findPersonalData(
  sql: EntityManager,
  slugs: readonly string[],
  texts: readonly (readonly [name: string, text: string])[],
): Promise<[name: string, personal: string][]> {
  if (texts.length === 0) return []
  // What none of them holds does not stand in all of them together, which are looked through once.
  const all = texts.map(([, text]) => text).join('\n')
  const trainees = await findMeant(sql, all, { slug: slugs })
  if (firstIn(all, trainees) === null) return []
  return texts.flatMap(([name, text]): [string, string][] => {
    const personal = firstIn(text, trainees)
    return personal ? [[name, personal]] : []
  })
}

/** What a text gives away about any of these trainees, by number, or whom it speaks of. */
export async function findPersonalDataOf(
  sql: EntityManager,
  ids: readonly string[],
  text: string,
): Promise<string | null> {
  return firstIn(text, await findMeant(sql, text, { id: ids }))
}

/** These trainees, and those whom a text speaks of by number or link. */
function findMeant(
  sql: EntityManager,
  text: string,
  { id = [], slug = [] }: { id?: readonly string[]; slug?: readonly string[] },
): Promise<Person[]> {
  const words = [...new Set(text.match(/[\w-]+/g))]
  const numbers = words.filter((word) => /^\d{1,18}$/.test(word))
  const meant = 'WHERE id = ANY($1) OR slug = ANY($2)'
  return selectColumns(sql, Trainee, PERSONAL, meant, [
    [...id, ...numbers],
    [...slug, ...words],
  ])
}

function firstIn(text: string, trainees: readonly Person[]): string | null {
  for (const trainee of trainees) {
    const personal = personalDataIn(text, trainee)
    if (personal !== null) return personal
  }
  return null
}

type Person = Names & Address & Pick<Trainee, 'email' | 'date_of_birth'>

const PERSONAL = [
  ...(['first_names', 'middle_names', 'last_name', 'email', 'date_of_birth'] as const),
  ...(['address_line_one', 'address_line_two', 'town_city', 'postcode', 'international_address'] as const),
] as const

/**
 * What a text gives away about a trainee: "name", "email address", "date of birth" or "address"; null if nothing.
 * Compares whole words, without case, accents, punctuation, escapes and characters that nobody sees.
 */
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
