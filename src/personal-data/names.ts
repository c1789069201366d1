// The ways people write a name, for finding it in their texts.
import type { Trainee } from '../entities/register/trainee.ts'
import { foldings, foldingsOfName, holds, plainWords, spaced, squeeze } from './readings.ts'

export type Names = Pick<Trainee, 'first_names' | 'middle_names' | 'last_name'>

export function holdsName(words: string, { first_names, middle_names, last_name }: Names): boolean {
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
export function holdsCutName(reading: string, { first_names, middle_names, last_name }: Names): boolean {
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
