// What Register's own code sends to DTTP for a trainee, case by case, against ours.
import { readFileSync } from 'node:fs'
import { contact, contactUpdate } from '../../src/dttp/payloads/contact.ts'
import { degreeQualifications } from '../../src/dttp/payloads/degrees.ts'
import { type Draft, settle } from '../../src/dttp/payloads/draft.ts'
import { placementAssignment, placementAssignmentUpdate } from '../../src/dttp/payloads/placement-assignment.ts'
import { preflight, preflightUpdate } from '../../src/dttp/payloads/preflight.ts'
import type { RegistrationRows } from '../../src/dttp/payloads/rows.ts'
import { isRefusedByUs, type Problem } from '../../src/dttp/problems.ts'
import { routeRules } from '../../src/dttp/registration-rows.ts'
import { updateSha } from '../../src/dttp/update-sha.ts'
import { canonical, type Json } from '../../src/entities/json.ts'
import type { Degree } from '../../src/entities/register/degree.ts'
import type { Disability } from '../../src/entities/register/disability.ts'
import type { DttpSchool } from '../../src/entities/register/dttp-school.ts'
import type { Nationality } from '../../src/entities/register/nationality.ts'
import type { Provider } from '../../src/entities/register/provider.ts'
import type { School } from '../../src/entities/register/school.ts'
import type { Trainee } from '../../src/entities/register/trainee.ts'

type Row = Record<string, Json>

/** Rows as `to_jsonb` writes them, null columns left out or not. */
export type RecordedRows = {
  trainee: Row
  provider: Row
  schools: Row[]
  dttp_schools: Row[]
  nationalities: Row[]
  disabilities: Row[]
  degrees: Row[]
}

export type RegisterForTrnCase = RecordedRows & {
  name: string
  now: string
  created_by_dttp_id: string | null
  error?: { class: string; message: string }
  contact?: Row
  placement_assignment?: Row
  degree_qualifications?: Row[]
  contact_update?: Row
  placement_assignment_update?: Row
  dttp_update_sha?: string
  content_ids?: { contact: string; placement_assignment: string }
}

export function isRegisterForTrnCase(value: unknown): value is RegisterForTrnCase {
  return typeof value === 'object' && value !== null && 'created_by_dttp_id' in value && 'dttp_schools' in value
}

const ALL_ON = { isEnabled: () => true }

/** Runs one case; returns what differs from Register, in words, or nothing. `rows`: as recorded, unless given. */
export function runRegisterForTrnCase(wanted: RegisterForTrnCase, rows = readRows(wanted)): string[] {
  const rules = routeRules(rows.trainee, ALL_ON)
  const problems = preflight(rows, rules, wanted.created_by_dttp_id)
  const contactBody = () => contact(rows, wanted.created_by_dttp_id, new Date(wanted.now))
  if (wanted.error) {
    return [
      ...(problems.some((problem) => fits(problem, wanted.error?.message ?? ''))
        ? []
        : [`Register died of ${wanted.error.message}; preflight found ${canonical(problems)}`]),
      ...(wanted.contact ? compare('contact', wanted.contact, contactBody()) : []),
    ]
  }
  const found = [...problems, ...preflightUpdate(rows, rules)]
  if (found.length > 0 && found.every(isRefusedByUs)) return [] // on purpose: Register sends it incomplete
  if (found.length > 0) return found.map(({ code, message }) => `preflight found ${code}: ${message}`)
  const ids = wanted.content_ids ?? { contact: '', placement_assignment: '' }
  const degrees = degreeQualifications(rows, { contact: ids.contact, placementAssignment: ids.placement_assignment })
  const wantedDegrees = wanted.degree_qualifications ?? []
  const sha = updateSha(rows)
  return [
    ...compare('contact', wanted.contact, contactBody()),
    ...compare('placement_assignment', wanted.placement_assignment, placementAssignment(rows, rules, ids.contact)),
    ...(degrees.length === wantedDegrees.length ? [] : [`${degrees.length} degrees, not ${wantedDegrees.length}`]),
    ...degrees.flatMap(({ draft }, index) => compare(`degree_qualifications[${index}]`, wantedDegrees[index], draft)),
    ...compare('contact_update', wanted.contact_update, contactUpdate(rows)),
    ...compare(
      'placement_assignment_update',
      wanted.placement_assignment_update,
      placementAssignmentUpdate(rows, rules),
    ),
    ...(sha === wanted.dttp_update_sha ? [] : [`dttp_update_sha: Register ${wanted.dttp_update_sha}, we ${sha}`]),
  ]
}

/** What preflight must have said for the exception that Register died of. */
const FITTING: [RegExp, Problem['code'][]][] = [
  [/in_time_zone/, ['course-start-date-missing', 'course-end-date-missing', 'commencement-date-missing']],
  [/`urn'/, ['lead-school-missing', 'employing-school-missing']],
  [/Couldn't find Dttp::School/, ['lead-school-not-active-in-dttp', 'employing-school-not-active-in-dttp']],
  [/between\?/, ['course-start-date-missing']],
  [/`to_sym'/, ['gender-missing']],
  [/`(subject|graduation_year|uk\?)'/, ['degree-missing']],
]

function fits({ code }: Problem, message: string): boolean {
  const known = FITTING.find(([pattern]) => pattern.test(message))
  return known === undefined || known[1].includes(code)
}

function compare(what: string, wanted: Row | undefined, draft: Draft): string[] {
  const found: Row = settle(draft)
  const keys = [...new Set([...Object.keys(wanted ?? {}), ...Object.keys(found)])]
  return keys
    .filter((key) => shown(wanted?.[key]) !== shown(found[key]))
    .map((key) => `${what}.${key}: Register ${shown(wanted?.[key])}, we ${shown(found[key])}`)
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'leaves it out' : canonical(value)
}

/** The rows as our database sessions read them: every column there, bigints as text. */
export function readRows(wanted: RecordedRows): RegistrationRows {
  return {
    trainee: readRow('trainees', wanted.trainee) as Trainee,
    provider: readRow('providers', wanted.provider) as Provider,
    schools: wanted.schools.map((row) => readRow('schools', row) as School),
    dttpSchools: wanted.dttp_schools.map((row) => readRow('dttp_schools', row) as DttpSchool),
    nationalities: wanted.nationalities.map((row) => readRow('nationalities', row) as Nationality),
    disabilities: wanted.disabilities.map((row) => readRow('disabilities', row) as Disability),
    degrees: wanted.degrees.map((row) => readRow('degrees', row) as Degree),
  }
}

const TABLES: { table: string; columns: { name: string; type: string }[] }[] = JSON.parse(
  readFileSync(new URL('../../sandbox/register/schema.json', import.meta.url), 'utf8'),
)

function readRow(table: string, row: Row): unknown {
  const columns = TABLES.find((candidate) => candidate.table === table)?.columns ?? []
  const read = columns.map(({ name, type }) => {
    const value = row[name] ?? null
    return [name, type === 'bigint' && value !== null ? String(value) : value]
  })
  return Object.fromEntries(read)
}
