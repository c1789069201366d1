// Strikes Sidekiq again and again while something else goes on: TERM and kill -9 in turn, each time with another one
// after it.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningSidekiq } from '../../sandbox/sidekiq/index.ts'

/** Between two strikes; a job of the proof takes a tenth of a second. */
const LONGEST_PAUSE_MS = 3_000

export type Strikes = {
  stopped: number
  killed: number
  /** Ends the striking; what is left is a Sidekiq that lives. */
  end: () => Promise<RunningSidekiq>
}

export function strikeSidekiq(first: RunningSidekiq, start: () => Promise<RunningSidekiq>): Strikes {
  let isOver = false
  const strikes = { stopped: 0, killed: 0, end }
  const last = strike()
  last.catch(() => {}) // whoever ends it hears of it

  async function strike(): Promise<RunningSidekiq> {
    let sidekiq = first
    while (!isOver) {
      await sleep(randomInt(0, LONGEST_PAUSE_MS))
      if (strikes.stopped <= strikes.killed) {
        await sidekiq.stop()
        strikes.stopped += 1
      } else {
        await sidekiq.kill()
        strikes.killed += 1
      }
      sidekiq = await start()
    }
    return sidekiq
  }

  function end(): Promise<RunningSidekiq> {
    isOver = true
    return last
  }

  return strikes
}
