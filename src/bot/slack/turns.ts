/**
 * How fast Slack lets us speak. Nothing is slowed down until Slack says "too many"; from then on, for a while, calls go
 * out one by one at the rate that Slack documents, so that a backlog takes no longer than it must.
 */

type Paced = { method: string; channel: string }

/** Milliseconds between two calls: about one post a second in each channel; 50 calls a minute for the rest. */
const POST_EVERY_MS = 1_020
const OTHERWISE_EVERY_MS = 1_200
const POST = 'chat.postMessage'

/** Who has its turn within this time waits for it. */
const PATIENCE_MS = 1_500

/** Slack's patience lasts a minute: that long after its last complaint we keep to the pace. */
const PACED_FOR_MS = 60_000

export function createTurns(now: () => number = () => performance.now()) {
  const limits = new Map<string, { next: number; until: number }>()
  const keyOf = ({ method, channel }: Paced) => (method === POST ? `${method} ${channel}` : method)

  return {
    /** Slack answered "too many": nothing goes before this many milliseconds, and then at the pace. */
    slowDown(call: Paced, retryAfterMs: number): void {
      const next = now() + retryAfterMs
      limits.set(keyOf(call), { next, until: next + PACED_FOR_MS })
    },

    /** Takes the next turn, which is in so many milliseconds; or, where that is far, says when to ask again. */
    takeTurn(call: Paced): { in: number; isFar: boolean } {
      const limit = limits.get(keyOf(call))
      const at = now()
      if (!limit || at > limit.until) {
        limits.delete(keyOf(call))
        return { in: 0, isFar: false }
      }
      const wait = Math.max(limit.next - at, 0)
      if (wait > PATIENCE_MS) return { in: wait - PATIENCE_MS / 2, isFar: true }
      limit.next = at + wait + (call.method === POST ? POST_EVERY_MS : OTHERWISE_EVERY_MS)
      return { in: wait, isFar: false }
    },
  }
}
