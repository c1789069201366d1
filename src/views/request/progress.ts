import { canonical, type Json } from '../../entities/json.ts'

import { columnLabel } from '../../register/columns.ts'
import { isComplete, PARTS } from '../../register/saves/progress.ts'

/** A part of a trainee's progress before and after, in words. */
export type PartChange = { part: string; before: string; after: string }

type Parts = Readonly<Record<string, Json>>

/**
 * The parts of a record's progress that change. A part that was missing and is now written as not complete looks the
 * same to everybody; such parts are listed as `writtenOut`. Entries that Register does not know could hold anything, so
 * neither their names nor their values are shown.
 */
export function describeProgress(before: Json, after: Json): { changed: PartChange[]; writtenOut: string[] } {
  const [old, wanted] = [partsOf(before), partsOf(after)]
  const changed: PartChange[] = []
  const writtenOut: string[] = []
  for (const part of PARTS) {
    const [from, to] = [wordFor(old[part]), wordFor(wanted[part])]
    if (from === to) continue
    if (old[part] === undefined && wanted[part] === false) writtenOut.push(columnLabel(part))
    else changed.push({ part: columnLabel(part), before: from, after: to })
  }
  return { changed: [...changed, ...describeOthers(old, wanted)], writtenOut }
}

function partsOf(value: Json): Parts {
  const isParts = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isParts ? (value as Parts) : {}
}

function wordFor(value: Json | undefined): string {
  if (value === undefined) return 'not recorded'
  if (value === null) return 'empty'
  return isComplete(value) ? 'complete' : 'not complete'
}

function describeOthers(old: Parts, wanted: Parts): PartChange[] {
  const [from, to] = [othersIn(old), othersIn(wanted)]
  if (from === to) return []
  if (to === NONE) return [{ part: 'Other entries removed', before: 'recorded', after: 'not recorded' }]
  if (from === NONE) return [{ part: 'Other entries added', before: 'not recorded', after: 'recorded' }]
  return [{ part: 'Other entries changed', before: 'recorded', after: 'recorded differently' }]
}

const NONE = '[]'

function othersIn(parts: Parts): string {
  const others = Object.entries(parts).filter(([name]) => !PARTS.some((part) => part === name))
  return canonical(others.sort(([a], [b]) => (a < b ? -1 : 1)))
}
