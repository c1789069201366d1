import codeSets from './code-sets.json' with { type: 'json' }
import type { Problem } from './problems.ts'

// Register's maps from names to DTTP ids (app/lib/dttp/code_sets): exact names, age ranges as "min-max".

export type CodeSet = keyof typeof codeSets

/** The DTTP id behind a name; null where the set does not know it. */
export function findCode(set: CodeSet, name: string): string | null {
  const codes: Readonly<Record<string, string>> = codeSets[set]
  return Object.hasOwn(codes, name) ? (codes[name] ?? null) : null
}

/**
 * The DTTP id behind a name that somebody chose, or what is wrong with it. Register would send an empty reference,
 * such as `/accounts()`; we never do.
 * @param what whose name it is, as in "The first course subject"
 * @param shown whether the name may be repeated in the words: not where it says something about the person
 */
export function codeOf(
  set: CodeSet,
  name: string | null,
  what: string,
  shown: 'shown' | 'personal' = 'personal',
): string | Problem {
  if (name === null || name.trim() === '') return { code: 'name-missing', message: `${what} is not set.` }
  const code = findCode(set, name)
  if (code !== null) return code
  const which = shown === 'shown' ? `${what} (“${name}”)` : what
  return { code: 'name-unknown', message: `${which} is not one that DTTP has a code for.` }
}
