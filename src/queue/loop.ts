import type { Logger } from 'pino'

/** Something that runs over and over. `nudge` runs it at once; `stop` waits for the round under way. */
export type Loop = { nudge: () => void; stop: () => Promise<void> }

/** Whether there was anything to do lately. Loops that share a pace are busy together, and idle together. */
export type Pace = { touch: () => void; isIdle: () => boolean }

/** For what is to happen as often whether or not anything else does. */
export const STEADY: Pace = { touch: () => {}, isIdle: () => false }

/** Nothing to do for this long counts as idle. */
const IDLE_AFTER_MS = 30_000
/** An idle loop runs only every so many times, so that a worker with nothing to do leaves the database alone. */
const IDLE_RUNS_EVERY = 5
/** What runs no more often than this keeps its time. */
const OFTEN_MS = 10_000

/** How long an idle loop pauses, in milliseconds. */
export function idlePause(interval: number): number {
  return interval >= OFTEN_MS ? interval : interval * IDLE_RUNS_EVERY
}

export function createPace(idleAfterMs = IDLE_AFTER_MS): Pace {
  let touchedAt = performance.now()
  return {
    touch() {
      touchedAt = performance.now()
    },
    isIdle: () => performance.now() - touchedAt > idleAfterMs,
  }
}

/**
 * Runs `round` every `interval` milliseconds, more rarely while the pace is idle if that is often, and again at once
 * while it answers true (there was work, there may be more). A round that throws is logged and tried again after the interval.
 */
export function startLoop(
  log: Logger,
  name: string,
  { interval, pace, isFirstLater = false }: { interval: number; pace: Pace; isFirstLater?: boolean },
  round: () => Promise<boolean>,
): Loop {
  let stopped = false
  let nudged = false
  let wake: () => void = () => {}

  async function run(): Promise<void> {
    if (isFirstLater) await untilNext()
    while (!stopped) {
      nudged = false
      const more = await round().catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : 'unknown' }, `${name} failed`)
        return false
      })
      if (more) pace.touch()
      else await untilNext()
    }
  }

  async function untilNext(): Promise<void> {
    for (let waited = interval; !nudged && !stopped; waited += interval) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, interval)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (!pace.isIdle() || waited >= idlePause(interval)) return
    }
  }

  const running = run()
  return {
    nudge() {
      nudged = true
      pace.touch()
      wake()
    },
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}
