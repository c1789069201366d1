// The ways people write an address, for finding it in their texts.
import type { Trainee } from '../entities/register/trainee.ts'
import { foldings, foldPlain, holds, plainWords, squeeze } from './readings.ts'

export type Address = Pick<
  Trainee,
  'address_line_one' | 'address_line_two' | 'town_city' | 'postcode' | 'international_address'
>

/** Whether words, as `plainWords` leaves them, give an address away: its town or postcode, a line of it, or a house and street. */
export function holdsAddress(words: string, address: Address): boolean {
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
  return together.flatMap(housesIn).some((house) => holds(whole, house) || holdsInOne(joined, squeeze(house)))
}

/** "77KlonkerStreet"; what is shorter stands in other words by accident. */
function holdsInOne(joined: string, house: string): boolean {
  return house.length >= 10 && joined.includes(house)
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
