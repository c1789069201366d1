import { describeDay, formatDateTime, isDay } from '../../calendar/london.ts'
import type { Insert, Plan, Update } from '../../contract/plan.ts'
import { canonical, type Json } from '../../entities/json.ts'
import { isPersonal } from '../../personal-data/columns.ts'
import { columnLabel } from '../../register/columns.ts'
import { NO_SCHOOLS, type SchoolNames, schoolRow } from '../../register/schools/schools.ts'
import { listed } from '../../words.ts'
import { quote } from '../kit/exact-text.ts'
import { enumLabel, uncapitalise } from '../kit/labels.ts'
import { describeProgress } from './progress.ts'

/** One change in words. `before` and `after` are null where the values are not shown; then `note` says what happens. */
export type DescribedChange = { label: string; before: string | null; after: string | null; note: string | null }

/** How a column without a value is shown. A text that says so stands in quotes. */
export const EMPTY = 'empty'

/** Which columns come first; the others follow by name, and progress, which follows from the rest, comes last. */
const ORDER = [
  'training_route',
  'state',
  'dttp_id',
  'placement_assignment_dttp_id',
  'submitted_for_trn_at',
  'course_uuid',
  'course_education_phase',
  'course_subject_one',
  'course_subject_two',
  'course_subject_three',
  'course_min_age',
  'course_max_age',
  'course_start_date',
  'course_end_date',
  'study_mode',
  'training_initiative',
  'applying_for_bursary',
  'bursary_tier',
  'applying_for_scholarship',
  'applying_for_grant',
  'lead_school_id',
  'employing_school_id',
]

/** Columns that point at another row, by what they point at. */
const REFERENCES: Readonly<Record<string, string>> = {
  lead_school_id: 'school',
  employing_school_id: 'school',
  provider_id: 'provider',
  apply_application_id: 'application',
}

/** Whether values of personal columns are shown, and whether everything that is shown is shown exactly. */
type Sight = { reveal: boolean; exact: boolean; schools: SchoolNames }

/**
 * Every column a plan changes or sets, before and after, route first. With `reveal` false the values of personal
 * columns are left out and a phrase says what happens to them; `exact` is as `reveal` unless given.
 */
export function describeChanges(
  plan: Plan,
  { reveal, exact = reveal, schools = NO_SCHOOLS }: { reveal: boolean; exact?: boolean; schools?: SchoolNames },
): DescribedChange[] {
  const several = plan.updates.length > 1
  const sight = { reveal, exact, schools }
  return [
    ...plan.updates.flatMap((update) => describeUpdate(update, several, sight)),
    ...plan.inserts.flatMap((insert) => describeInsert(insert, sight)),
  ]
}

/** The columns of an update, in the order people read them. */
export function columnsOf({ changes }: Pick<Update, 'changes'>): string[] {
  return inReadingOrder(Object.keys(changes))
}

/** Columns as people read them: the route first, and progress last. */
export function inReadingOrder(columns: readonly string[]): string[] {
  return [...columns].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
}

function rankOf(column: string): number {
  if (column === 'progress') return ORDER.length + 1
  const index = ORDER.indexOf(column)
  return index === -1 ? ORDER.length : index
}

const ROWS = { trainees: 'trainee', degrees: 'degree', dttp_schools: 'DTTP school' } as const

function describeUpdate(update: Update, several: boolean, sight: Sight): DescribedChange[] {
  const school = update.table === 'dttp_schools' && sight.schools.get(schoolRow('dttp_schools', update.id))
  const row = school || `${ROWS[update.table]} ${update.id}`
  const where = several || update.table !== 'trainees' ? ` (${row})` : ''
  return columnsOf(update)
    .flatMap((column) => describeColumn(column, update.changes, sight))
    .map((change) => ({ ...change, label: `${change.label}${where}` }))
}

function describeInsert({ values }: Insert, sight: Sight): DescribedChange[] {
  const changes = Object.fromEntries(Object.entries(values).map(([column, value]) => [column, [null, value] as const]))
  return columnsOf({ changes })
    .flatMap((column) => describeColumn(column, changes, sight))
    .map((change) => ({ ...change, label: `${change.label} (new DTTP school)`, before: change.before && 'not there' }))
}

function describeColumn(
  column: string,
  changes: Update['changes'],
  { reveal, exact, schools }: Sight,
): DescribedChange[] {
  const [before, after] = changes[column] ?? [null, null]
  const label = columnLabel(column)
  if (isPersonal(column) && !reveal) return [{ label, before: null, after: null, note: phraseFor(before, after) }]
  if (column === 'progress') return progressChanges(before, after, exact)
  const route = changes['training_route'] ?? [null, null]
  const describe = (value: Json, itsRoute: Json) => {
    const school = REFERENCES[column] === 'school' && schools.get(schoolRow('schools', value))
    return `${describeValue(column, value, itsRoute, exact)}${school ? ` (${school})` : ''}`
  }
  const words = [describe(before, route[0]), describe(after, route[1])] as const
  const alike = words[0] === words[1]
  return [
    {
      label,
      before: alike ? canonical(before) : words[0],
      after: alike ? canonical(after) : words[1],
      note: spacing(before, after),
    },
  ]
}

function progressChanges(before: Json, after: Json, exact: boolean): DescribedChange[] {
  const { changed, writtenOut } = describeProgress(before, after)
  const parts = changed.map(({ part, ...words }) => ({
    label: `Progress: ${uncapitalise(part)}`,
    ...words,
    note: null,
  }))
  if (parts.length > 0 && !exact) return parts
  const note =
    writtenOut.length > 0
      ? `parts that were not recorded are written out as not complete (${listed(writtenOut.map(uncapitalise))})`
      : 'no part changes, only how they are stored'
  return writtenOut.length > 0 || parts.length === 0
    ? [...parts, { label: 'Progress', before: null, after: null, note }]
    : parts
}

/** What happens to a value that is not shown. */
function phraseFor(before: Json, after: Json): string {
  if (isBlank(after)) return 'emptied'
  if (isBlank(before)) return 'set'
  return spacing(before, after) ?? 'changed'
}

function isBlank(value: Json): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

function spacing(before: Json, after: Json): string | null {
  if (typeof before !== 'string' || typeof after !== 'string') return null
  if (isBlank(after) || before.replace(/\s+/g, '') !== after.replace(/\s+/g, '')) return null
  return after.length < before.length ? 'extra spaces removed' : 'only spaces change'
}

/** A value in words. `route` is the training route that goes with it; with `exact`, times keep their microseconds. */
export function describeValue(column: string, value: Json, route: Json, exact: boolean): string {
  if (value === null) return EMPTY
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (column === 'course_uuid') return `course id ${value}` // Register's courses are not in the schema that we know
  const reference = REFERENCES[column]
  if (reference && /^\d+$/.test(String(value))) return `${reference} ${value}`
  if (typeof value === 'number') {
    return enumLabel(column, value, typeof route === 'number' ? route : null) ?? String(value)
  }
  if (typeof value !== 'string') return quote(canonical(value))
  return describeTime(column, value, exact) ?? (isIdentifier(column, value) ? value : quote(value))
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z?$/

function describeTime(column: string, value: string, exact: boolean): string | null {
  if (!/(_at|_date|^date_of_birth)$/.test(column) || Number.isNaN(Date.parse(value))) return null
  if (isDay(value)) return describeDay(value)
  if (!TIME.test(value)) return null
  return exact ? `${formatDateTime(value)} (${value})` : formatDateTime(value)
}

/** Whether a text is a code rather than words, and so needs no quotes. */
function isIdentifier(column: string, value: string): boolean {
  return /(_id|_uuid|_sha|^urn|^trn|^slug)$/.test(column) && /^[\w-]+$/.test(value)
}
