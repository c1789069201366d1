import type { Verdict } from '../../contract/plan.ts'
import type { Facts, Finding } from '../../contract/playbook.ts'
import type { Json } from '../../entities/json.ts'
import type { DttpSchool } from '../../entities/register/dttp-school.ts'
import { type SentSchool, sentSchoolsOf, type WhichSchool } from '../../register/sent-schools.ts'
import type { InDttp } from './dttp.ts'
import type { Form } from './form.ts'
import type { Rows, SchoolRows } from './rows.ts'

export type Seen = Facts<Rows, InDttp, Form>

/** A school of a trainee's that the route sends: which it is, or why there is none to look at. */
export type Sent = { which: WhichSchool; is: SentSchool['is']; urn: string | null }

/** What the trainee's route sends, by Register's feature flags as they are; nothing without a trainee. */
export function sentSchools({ rows: { trainee, schools }, register }: Pick<Seen, 'rows' | 'register'>): Sent[] {
  if (!trainee) return []
  return sentSchoolsOf(trainee, register).map(({ which, is, id }) => {
    const urn = schools.find(({ school }) => school !== null && school.id === id)?.urn ?? null
    return { which, is: is === 'set' && urn === null ? 'missing' : is, urn }
  })
}

/** The schools that are looked at: the one whose URN was given, or those that the trainee's route sends. */
export function schoolsLookedAt(seen: Pick<Seen, 'rows' | 'register'>): SchoolRows[] {
  const { schools, trainee } = seen.rows
  if (!trainee) return schools
  const sent = new Set(sentSchools(seen).map(({ urn }) => urn))
  return schools.filter(({ urn }) => sent.has(urn))
}

/** What a row would be with other values. */
export function rowWith(row: DttpSchool, changes: Partial<DttpSchool>): DttpSchool {
  return Object.assign(Object.create(Object.getPrototypeOf(row)), row, changes)
}

const LOUDNESS: readonly Verdict[] = ['blocks', 'unchecked', 'warns', 'holds']

/** One finding for several schools: the gravest verdict, and what was found of each. */
export function combine(findings: readonly Finding[]): Finding {
  const verdict = LOUDNESS.find((one) => findings.some((finding) => finding.verdict === one)) ?? 'holds'
  const standing = findings.filter((finding) => finding.verdict === 'blocks' || finding.verdict === 'unchecked')
  const [first] = standing
  const asked = first?.ask && standing.every(({ ask }) => ask) ? { ask: first.ask } : {}
  const evidence: Json = findings.map((finding) => finding.evidence)
  return { verdict, found: findings.flatMap(({ found }) => found || []).join(' '), evidence, ...asked }
}
