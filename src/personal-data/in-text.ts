import { type EntityManager, In } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'
import { type Address, holdsAddress } from './addresses.ts'
import { holdsDate } from './birth-dates.ts'
import { holdsCutName, holdsName, type Names } from './names.ts'
import { foldings, plainWords, readingsOf, squeeze } from './readings.ts'

// Free text must name nobody whom it may mean: whoever it is about, as its caller knows, and whoever it speaks of itself, by
// number or by link.

/** Which of these texts, by name, gives something away about a trainee, by slug, or whom it speaks of; and what. */
export async function findPersonalData(
  sql: EntityManager,
  slugs: readonly string[],
  texts: readonly (readonly [name: string, text: string])[],
): Promise<[name: string, personal: string][]> {
  const found: [string, string][] = []
  for (const [name, text] of texts) {
    const personal = await findIn(sql, text, { slug: slugs })
    if (personal) found.push([name, personal])
  }
  return found
}

/** What a text gives away about any of these trainees, by number, or whom it speaks of. */
export async function findPersonalDataOf(
  sql: EntityManager,
  ids: readonly string[],
  text: string,
): Promise<string | null> {
  return findIn(sql, text, { id: ids })
}

async function findIn(
  sql: EntityManager,
  text: string,
  { id = [], slug = [] }: { id?: readonly string[]; slug?: readonly string[] },
): Promise<string | null> {
  const words = [...new Set(text.match(/[\w-]+/g))]
  const numbers = words.filter((word) => /^\d{1,18}$/.test(word))
  const where = [{ id: In([...id, ...numbers]) }, { slug: In([...slug, ...words]) }]
  const trainees = await sql.findBy(Trainee, where)
  return trainees.map((trainee) => personalDataIn(text, trainee)).find((found) => found !== null) ?? null
}

type Person = Names & Address & Pick<Trainee, 'email' | 'date_of_birth'>

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
