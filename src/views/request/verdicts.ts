import type { CheckResult, Verdict } from '../../contract/check.ts'
import { type BlockGroup, heading, linkableSections, plainNote } from '../kit/blocks.ts'
import { size } from '../kit/text.ts'

/** An emoji is never the only sign: what holds is said by its sentence, and the others by a word. */
const SYMBOLS: Readonly<Record<Verdict, string>> = {
  holds: '✅',
  warns: '⚠️ Warning:',
  blocks: '⛔ Not possible:',
  unchecked: '❔ Not known:',
  'not-looked-at': '–',
}
const LOUDNESS: readonly Verdict[] = ['blocks', 'unchecked', 'warns', 'holds', 'not-looked-at']

/** The checks with what stands in the way first, then what could not be checked, warnings, and what holds. */
export function loudestFirst(checks: readonly CheckResult[]): CheckResult[] {
  return LOUDNESS.flatMap((verdict) => checks.filter((check) => check.verdict === verdict))
}

/** What was found is set in bold up to this length; longer, it would not fit whole. */
const LOUD_UP_TO = 1000

/** What was found that people should know first, in bold where it fits whole. */
export function renderLoud(checks: readonly CheckResult[]): BlockGroup[] {
  return loudestFirst(checks).map(({ verdict, found }) => {
    const loud = `${SYMBOLS[verdict]} ${found}`
    const bold = heading(loud)
    const isBold = size(loud) <= LOUD_UP_TO && bold.text?.type === 'mrkdwn'
    return { blocks: isBold ? [bold] : linkableSections(loud), shows: 1 }
  })
}

/** Every check with what was found: a line for each that holds; what was found comes first for each that does not. */
export function renderVerdicts(checks: readonly CheckResult[]): BlockGroup[] {
  return loudestFirst(checks).map((check) => {
    const symbol = SYMBOLS[check.verdict]
    if (check.verdict === 'holds') {
      return { blocks: linkableSections(`${symbol} ${check.sentence}. ${check.found}`.trimEnd()), shows: 1 }
    }
    if (check.verdict === 'not-looked-at') {
      return {
        blocks: linkableSections(`${symbol} ${check.sentence}: not looked at. ${check.found}`.trimEnd()),
        shows: 1,
      }
    }
    const loud = renderLoud([check]).flatMap(({ blocks }) => blocks)
    return { blocks: [...loud, plainNote(`Check: ${check.sentence}`)], shows: 1 }
  })
}
