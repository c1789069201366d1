import { canonical, type Json } from '../../entities/json.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { type Progress, padProgress } from './progress.ts'

// What Register's Trainee model does on every save.

/** A column before and after, as raw database values: enums as integers, dates ISO, timestamps as `to_jsonb` writes them. */
export type Change = readonly [before: Json, after: Json]

/** The columns in which a row differs from `before` and the wanted `after`. */
export function changesBetween(before: object, after: object): Record<string, Change> {
  const row = asJson(before)
  const changes: Record<string, Change> = {}
  for (const [column, value] of Object.entries(asJson(after))) {
    const old = row[column] ?? null
    if (canonical(old) !== canonical(value)) changes[column] = [old, value]
  }
  return changes
}

/** The row as it is once these changes are made. */
export function rowAfter<Row extends object>(row: Row, changes: Readonly<Record<string, Change>>): Row {
  const after = Object.entries(changes).map(([column, [, value]]) => [column, value])
  return Object.assign(Object.create(Object.getPrototypeOf(row)), row, Object.fromEntries(after))
}

/** Our rows hold what their columns do, which is JSON: dates and timestamps are read as text. */
function asJson(row: object): Record<string, Json> {
  return { ...row } as Record<string, Json>
}

/**
 * The row as Register would store it when `assigned` is saved: names squished, schools emptied where they do not
 * apply, and progress kept as it stands unless one of its ten parts really changed; from empty to false is a change.
 */
export function applySaveRules(trainee: Trainee, assigned: Partial<Trainee>): Record<string, Json> {
  const row = { ...trainee, ...assigned }
  const after: Record<string, Json> = { ...(assigned as Record<string, Json>) }
  if (row.employing_school_not_applicable) after['employing_school_id'] = null
  if (row.lead_school_not_applicable) after['lead_school_id'] = null
  after['first_names'] = squish(row.first_names)
  after['last_name'] = squish(row.last_name)
  if (assigned.progress !== undefined && sameProgress(trainee.progress, assigned.progress)) delete after['progress']
  return after
}

function sameProgress(a: Progress | null, b: Progress | null): boolean {
  const [before, after] = [padProgress(a), padProgress(b)]
  return Object.keys(before).every((part) => before[part] === after[part])
}

// Ruby's [[:space:]], which differs from JavaScript's \s: with U+0085, without U+FEFF
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g

/** Rails' `squish`, with a blank text becoming empty (null). */
function squish(text: string | null): string | null {
  return text?.replace(SPACE, ' ').replace(/^ | $/g, '') || null
}
