import * as z from 'zod'
import type { Json } from '../entities/json.ts'

/**
 * It holds, warns, blocks, or could not be checked (which blocks, too). Or there was no need to look, which says nothing
 * of whether it holds.
 */
const verdict = z.enum(['holds', 'warns', 'blocks', 'unchecked', 'not-looked-at'])

export type Verdict = z.output<typeof verdict>

/**
 * Asks for something that the form must say before a plan can be made: the field that `found` is about, and the
 * possible answers.
 */
const ask = z.object({
  field: z.string(),
  options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
})

/** A check's answer as it is stored with a request. */
export const checkResult = z.object({
  id: z.string(),
  sentence: z.string(),
  verdict,
  found: z.string(),
  evidence: z.json(),
  ask: ask.optional(),
})

/**
 * What a check's look comes to. `found` is for people; `evidence` is the stable data behind it, and part of the digest:
 * no clocks, no ages. One that blocks may ask for something in the form.
 */
export type Finding = { verdict: Verdict; found: string; evidence: Json; ask?: z.output<typeof ask> }
export type CheckResult = Finding & { id: string; sentence: string }

/** A named sentence that should hold, with a pure function that says whether it does and what was found. */
export type Check<Situation> = { id: string; sentence: string; look: (situation: Situation) => Finding }

/** Runs every check. */
export function runChecks<Situation>(checks: readonly Check<Situation>[], situation: Situation): CheckResult[] {
  return checks.map(({ id, sentence, look }) => ({ id, sentence, ...look(situation) }))
}

/** Whether any check blocks. */
export function isBlocked(checks: readonly CheckResult[]): boolean {
  return checks.some(stands)
}

/** Whether a check stands in the way: it blocks, or could not be made. */
export function stands({ verdict }: Pick<CheckResult, 'verdict'>): boolean {
  return verdict === 'blocks' || verdict === 'unchecked'
}

/** Whether people must read of it before they decide: it is more than a sentence that holds, or was not looked at. */
export function isWarning({ verdict }: Pick<CheckResult, 'verdict'>): boolean {
  return verdict !== 'holds' && verdict !== 'not-looked-at'
}

/** A finding where there was nothing to look at, or no need to. */
export function notLookedAt(found = '', evidence: Json = null): Finding {
  return { verdict: 'not-looked-at', found, evidence }
}

const LOUDNESS: readonly Verdict[] = ['blocks', 'unchecked', 'warns', 'holds']

/** One finding for several things: the gravest verdict, and what was found of each. Of nothing, nothing was looked at. */
export function combine(findings: readonly Finding[]): Finding {
  const verdict = LOUDNESS.find((one) => findings.some((finding) => finding.verdict === one)) ?? 'not-looked-at'
  const standing = findings.filter(stands)
  const [first] = standing
  const asked = first?.ask && standing.every(({ ask }) => ask) ? { ask: first.ask } : {}
  const evidence: Json = findings.map((finding) => finding.evidence)
  return { verdict, found: findings.flatMap(({ found }) => found || []).join(' '), evidence, ...asked }
}
