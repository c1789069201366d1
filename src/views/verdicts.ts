import type { CheckResult, Verdict } from '../playbooks/plan.ts'
import { type Group, heading, plainSections } from './blocks.ts'

const SYMBOLS: Readonly<Record<Verdict, string>> = { holds: '✅', warns: '⚠️', blocks: '⛔', unchecked: '❔' }
const LOUDNESS: readonly Verdict[] = ['blocks', 'unchecked', 'warns', 'holds']

/** The checks with what stands in the way first, then what could not be checked, warnings, and what holds. */
export function loudestFirst(checks: readonly CheckResult[]): CheckResult[] {
  return LOUDNESS.flatMap((verdict) => checks.filter((check) => check.verdict === verdict))
}

/** Every check with what was found: a line for each that holds, a heading of its own for each that does not. */
export function renderVerdicts(checks: readonly CheckResult[]): Group[] {
  return loudestFirst(checks).map((check) => {
    const sentence = `${SYMBOLS[check.verdict]} ${check.sentence}`
    const blocks =
      check.verdict === 'holds'
        ? plainSections(`${sentence}. ${check.found}`)
        : [heading(sentence), ...plainSections(check.found)]
    return { blocks, shows: 1 }
  })
}
