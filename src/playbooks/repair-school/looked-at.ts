import type { Verdict } from '../../contract/plan.ts'
import type { Facts, Finding } from '../../contract/playbook.ts'
import { routeRules } from '../../dttp/registration-rows.ts'
import type { Json } from '../../entities/json.ts'
import type { DttpSchool } from '../../entities/register/dttp-school.ts'
import type { InDttp } from './dttp.ts'
import type { Form } from './form.ts'
import type { Rows, SchoolRows } from './rows.ts'

export type Seen = Facts<Rows, InDttp, Form>

/** A school of a trainee's that the route sends: which it is, or why there is none to look at. */
export type Sent = { which: 'lead' | 'employing'; is: 'set' | 'missing' | 'not-applicable'; urn: string | null }

/** What the trainee's route sends, by Register's feature flags as they are; nothing without a trainee. */
export function sentSchools({ rows: { trainee, schools }, register }: Pick<Seen, 'rows' | 'register'>): Sent[] {
  if (!trainee) return []
  const rules = routeRules(trainee, register)
  const describe = (which: Sent['which']): Sent => {
    if (trainee[`${which}_school_not_applicable`]) return { which, is: 'not-applicable', urn: null }
    const id = trainee[`${which}_school_id`]
    const urn = schools.find(({ school }) => school !== null && school.id === id)?.urn ?? null
    return { which, is: urn === null ? 'missing' : 'set', urn }
  }
  return [
    ...(rules.sendsLeadSchool ? [describe('lead')] : []),
    ...(rules.sendsLeadSchool && rules.sendsEmployingSchool ? [describe('employing')] : []),
  ]
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
