import type { Logger } from 'pino'

/** Something that runs over and over. `nudge` runs it at once; `stop` waits for the round under way. */
export type Loop = { nudge: () => void; stop: () => Promise<void> }

/**
 * Runs `round` every `interval` milliseconds, and again at once while it answers true (there was work, there may be
 * more). A round that throws is logged and tried again after the interval.
 */
export function startLoop(log: Logger, name: string, interval: number, round: () => Promise<boolean>): Loop {
  let stopped = false
  let nudged = false
  let wake: () => void = () => {}

  async function run(): Promise<void> {
    while (!stopped) {
      nudged = false
      const more = await round().catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : 'unknown' }, `${name} failed`)
        return false
      })
      if (more || nudged || stopped) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, interval)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  const running = run()
  return {
    nudge() {
      nudged = true
      wake()
    },
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}
