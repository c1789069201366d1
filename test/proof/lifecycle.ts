// Random interleavings of people, sweeps, crashes, sleep and moved rows, against the real lifecycle and its model.
import fc from 'fast-check'
import { brakeSteps } from './lifecycle/brake.ts'
import type { Tally } from './lifecycle/command.ts'
import { jobSteps } from './lifecycle/jobs.ts'
import { look } from './lifecycle/look.ts'
import { comeToRest, machinerySteps } from './lifecycle/machinery.ts'
import { peopleSteps } from './lifecycle/people.ts'
import { closeHome, openHome, setUp } from './lifecycle/stage.ts'

/** What failed, to be repeated exactly: as it is printed, in this order. */
export type Replay = { seed: number; path: string; replayPath: string }

/**
 * `steps` is the mean length of a run. After `longest` milliseconds no further run is begun, and what failed is not made
 * any shorter.
 */
export type Extent = { runs: number; steps: number; replay?: Replay; longest?: number }

const HOUR_MS = 3_600_000

/** What is needed for a request to get far must not be rare. */
const OFTEN: Record<string, number> = {
  propose: 4,
  'propose, and get it': 2,
  undo: 2,
  'undo, and get it': 3,
  'ask for jobs': 3,
  'ask for jobs, and get them': 4,
  'run jobs': 4,
  settle: 3,
  'review and approve': 5,
  review: 3,
  approve: 3,
  wait: 2,
  execute: 2,
  verify: 3,
  meanwhile: 2,
  relay: 2,
  // Most of the time, the bot is not paused.
  resume: 3,
}

/** A long proof that never came to one of these has tried less than it says. */
const MUST_COME = [
  ...['undo, and gets it: executed', 'another poll, and gets it: executed', 're-register, and gets it: executed'],
  ...['falls asleep at kept: asleep', 'is killed at saved: killed', 'loses the record: lost', 'hand: ticked'],
]
const LONG_RUNS = 100

export async function proveLifecycle(
  place: { appUrl: string; adminUrl: string },
  { runs, steps, replay, longest = HOUR_MS }: Extent,
  say: (progress: string) => void = () => {},
) {
  const home = await openHome(place)
  const tally: Tally = {}
  const ended: Tally = {}
  let done = 0
  const one = fc.oneof(
    ...Object.entries({
      ...peopleSteps(tally),
      ...brakeSteps(tally),
      ...machinerySteps(tally),
      ...jobSteps(tally),
    }).map(([name, arbitrary]) => ({
      weight: OFTEN[name] ?? 1,
      arbitrary,
    })),
  )
  const property = fc.asyncProperty(
    fc.commands([one], { maxCommands: 2 * steps, size: 'max', ...(replay && { replayPath: replay.replayPath }) }),
    async (commands) => {
      const { model, real } = await setUp(home)
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await comeToRest(model, real)
        await look(model, real)
      } finally {
        // After a failure, nobody may be left asleep who would write into the next run.
        await Promise.all(real.sleepers.map(({ wake }) => wake()))
      }
      for (const { status } of model.requests) ended[status] = (ended[status] ?? 0) + 1
      if (++done % 50 === 0) say(`${done} runs`)
    },
  )
  try {
    const result = await fc.check(property, {
      numRuns: runs,
      interruptAfterTimeLimit: longest,
      markInterruptAsFailure: true,
      ...replay,
    })
    const missing = MUST_COME.filter(
      (what) => runs >= LONG_RUNS && !Object.keys(tally).some((kind) => kind.includes(what)),
    )
    const failed = result.failed ? [`${result.errorInstance ?? ''}\n${fc.defaultReportMessage(result)}`] : []
    return {
      seed: result.seed,
      runs: result.numRuns,
      stepsTaken: Object.values(tally).reduce((sum, count) => sum + count, 0),
      requests: ended,
      steps: Object.fromEntries(Object.entries(tally).sort(([a], [b]) => a.localeCompare(b))),
      problems: [...failed, ...missing.map((what) => `it never came to this: ${what}`)],
    }
  } finally {
    await closeHome(home)
  }
}
