// What the kills came to: per named step, and in all.
import { EXECUTION_STEPS, type ExecutionStep } from '../../src/changes/execute/execute.ts'
import type { Wholeness } from './whole.ts'

/** One worker's death, what the database held at once, and what it held when the other workers were finished. */
export type Kill = {
  step: ExecutionStep
  changeRequest: string
  signal: string | null
  rightAfter: Wholeness
  inTheEnd: Wholeness
  status: string
}

/** What else was seen on one backend. */
export type Around = {
  looks: number
  halfSeen: string[]
  recoveredAfterMs: number
  ledgerBroken: unknown
  ledgerEntries: number
  cards: number
  cardsDone: number
  repeatedReplies: number
  unsentMessages: number
  violations: string[]
}

/** `count` steps, each named point as often as the others, alternating so that two queues share every point. */
export function spreadOverSteps(count: number): ExecutionStep[] {
  return Array.from({ length: count }, (_, index) => EXECUTION_STEPS[index % EXECUTION_STEPS.length] as ExecutionStep)
}

export function summarise(kills: readonly Kill[], around: Readonly<Record<string, Around>>) {
  const steps = Object.fromEntries(
    EXECUTION_STEPS.map((step) => [step, countsOf(kills.filter((kill) => kill.step === step))]),
  )
  return {
    requests: kills.length,
    killed: kills.filter(({ signal }) => signal === 'SIGKILL').length,
    doneExactlyOnce: kills.filter(isDoneOnce).length,
    steps,
    queues: around,
    problems: [
      ...kills.flatMap(problemsOf),
      ...Object.entries(around).flatMap(([queue, seen]) => problemsAround(queue, seen)),
    ],
  }
}

function countsOf(kills: readonly Kill[]) {
  const tally = (words: readonly string[]) => {
    const counts: Record<string, number> = {}
    for (const word of words) counts[word] = (counts[word] ?? 0) + 1
    return counts
  }
  return {
    kills: kills.length,
    rightAfter: tally(kills.map(({ rightAfter }) => rightAfter)),
    inTheEnd: tally(kills.map((kill) => (isDoneOnce(kill) ? 'done once' : `${kill.status}, ${kill.inTheEnd}`))),
  }
}

function isDoneOnce({ status, inTheEnd }: Kill): boolean {
  return status === 'done' && inTheEnd === 'carried out'
}

function problemsOf(kill: Kill): string[] {
  const { step, changeRequest, signal, rightAfter, status, inTheEnd } = kill
  const what = `CR-${changeRequest}, killed at ${step}`
  const committed = step === 'committed'
  return [
    ...(signal === 'SIGKILL' ? [] : [`${what}: the worker was not killed`]),
    ...(rightAfter === (committed ? 'carried out' : 'untouched') ? [] : [`${what}: right after, ${rightAfter}`]),
    ...(isDoneOnce(kill) ? [] : [`${what}: in the end ${status}, ${inTheEnd}`]),
  ]
}

function problemsAround(queue: string, seen: Around): string[] {
  const wrong = {
    'the ledger is broken': seen.ledgerBroken !== null,
    'cards are missing or posted twice': seen.cards !== seen.cardsDone,
    'a reply was posted twice': seen.repeatedReplies > 0,
    'messages were not sent': seen.unsentMessages > 0,
  }
  const named = Object.entries(wrong).filter(([, isWrong]) => isWrong)
  return [...named.map(([what]) => what), ...seen.halfSeen, ...seen.violations].map((problem) => `${queue}: ${problem}`)
}
