/** Faults on demand: what the next calls to a method should suffer. */
import type { JsonObject } from './types.ts'

interface Where {
  /** A Web API method, `response_url`, or `*` for any. */
  method: string
  /** How many calls suffer it; 1 unless given. */
  times?: number
  /** Only calls whose arguments it accepts. */
  when?: (args: JsonObject) => boolean
}

export type Fault = Where &
  (
    | { kind: 'rate_limited'; retryAfterSeconds?: number }
    | { kind: 'server_error'; status?: number }
    | { kind: 'slow'; ms: number }
    /** Performed and answered only once this is there. */
    | { kind: 'held'; until: Promise<unknown> }
    /** Performed, but the connection drops before the answer: the app cannot know. */
    | { kind: 'lost_response' }
    /** The connection drops before anything is performed. */
    | { kind: 'lost_request' }
    /** `details`: what else the answer holds; `messages` as in `response_metadata`. */
    | { kind: 'error'; code: string; details?: JsonObject; messages?: string[] }
  )

export function createFaults() {
  let armed: { fault: Fault; left: number }[] = []

  return {
    add(fault: Fault): void {
      armed.push({ fault, left: fault.times ?? 1 })
    },
    clear(): void {
      armed = []
    },
    /** Returns the first armed fault that fits this call, using it up by one. */
    take(method: string, args: JsonObject): Fault | null {
      const match = armed.find(
        ({ fault, left }) =>
          left > 0 && (fault.method === method || fault.method === '*') && (fault.when?.(args) ?? true),
      )
      if (!match) return null
      match.left -= 1
      return match.fault
    },
  }
}
