import { closest, distance } from 'fastest-levenshtein'

/** So many letters may be wrong, in a long word. */
const MOST_WRONG = 3

/**
 * The name that was perhaps meant by what was typed, also in two words ("fix route"); null if none is near. A trainee or
 * request without a command before it is looked up.
 */
export function findNearest(words: readonly string[], names: readonly string[]): string | null {
  const [first = '', second = ''] = words.map((word) => word.toLowerCase())
  const named = words[0] ?? '' // a link tells capitals apart
  if (words.length === 1 && /^\d{1,18}$|^https?:\/\/\S+\/trainees\//i.test(named)) return `show ${named}`
  const [, request] = /^cr\W?(\d{1,18})$/.exec(first + (first === 'cr' ? second : '')) ?? []
  if (request) return `CR-${request}`
  for (const typed of [first, ...(second ? [`${first}-${second}`] : [])]) {
    const near = closest(typed, [...names])
    if (distance(typed, near) <= Math.min(MOST_WRONG, Math.floor(near.length / 3))) return near
    const [begun, ...others] = typed.length < 3 ? [] : names.filter((name) => name.startsWith(typed))
    if (begun && others.length === 0) return begun
  }
  const [part, ...others] = names.filter((name) => name.split('-').includes(first) && name !== first)
  return part && others.length === 0 ? part : null
}
