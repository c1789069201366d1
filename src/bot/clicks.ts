import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestHandler } from 'express'

// Slack waits three seconds for the acknowledgement of a click. What else this process has to do leaves the way to the clicks
// that have come, so that a crowd is acknowledged first, and served after that.

/**
 * `count` counts each request of Slack's until it is answered. `passed` is over once none is left, or after a moment: nobody's
 * work waits for long, however many come.
 */
export type Clicks = { count: RequestHandler; passed: () => Promise<void> }

const LONGEST_MS = 100
const LOOK_AGAIN_MS = 2
/** Two clicks within so many milliseconds count as a crowd. */
const CROWD_MS = 20
/** For how long a crowd's next click is waited for. */
const NEXT_COMES_MS = 5

export function createClicks(): Clicks {
  let unanswered = 0
  let [lastAt, beforeAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const isCrowd = (now: number) => lastAt - beforeAt < CROWD_MS && now - lastAt < NEXT_COMES_MS
  return {
    count(_request, response, next) {
      unanswered++
      beforeAt = lastAt
      lastAt = performance.now()
      response.once('close', () => {
        unanswered--
      })
      next()
    },
    async passed() {
      const until = performance.now() + LONGEST_MS
      while (unanswered > 0 || isCrowd(performance.now())) {
        if (performance.now() > until) return
        await sleep(LOOK_AGAIN_MS)
      }
    },
  }
}
