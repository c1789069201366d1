import type { Json } from '../entities/json.ts'
import { columnLabel } from '../register/columns.ts'

/** A part of a trainee's progress before and after, in words. */
export type PartChange = { part: string; before: string; after: string }

/**
 * The parts of a record's progress that change. Parts that are only written out, from missing to not complete, change
 * nothing that anyone sees: they are listed as `writtenOut`.
 */
export function describeProgress(before: Json, after: Json): { changed: PartChange[]; writtenOut: string[] } {
  const [old, wanted] = [partsOf(before), partsOf(after)]
  const changed: PartChange[] = []
  const writtenOut: string[] = []
  for (const part of new Set([...Object.keys(wanted), ...Object.keys(old)])) {
    const [from, to] = [wordFor(old[part]), wordFor(wanted[part])]
    if (from === to) continue
    if (old[part] === undefined && wanted[part] === false) writtenOut.push(columnLabel(part))
    else changed.push({ part: columnLabel(part), before: from, after: to })
  }
  return { changed, writtenOut }
}

function partsOf(value: Json): Readonly<Record<string, Json>> {
  const isParts = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isParts ? (value as Readonly<Record<string, Json>>) : {}
}

function wordFor(value: Json | undefined): string {
  if (value === true) return 'complete'
  if (value === false) return 'not complete'
  if (value === undefined) return 'not recorded'
  return value === null ? 'empty' : JSON.stringify(value)
}
