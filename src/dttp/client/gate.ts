// Holds all requests back while the other side has asked us to wait.
import { setTimeout as delay } from 'node:timers/promises'

/** Waits; resolves after about `ms` milliseconds. */
export type Sleep = (ms: number) => Promise<void>

export const realSleep: Sleep = (ms) => delay(ms)

/** How long we wait where Retry-After is missing or cannot be read, and the longest wait that we accept from it. */
const UNSAID_MS = 5_000
const LONGEST_MS = 3_600_000

/** The other side wants to be left alone for longer than the caller may wait. */
export class ToldToWait extends Error {
  constructor(readonly ms: number) {
    super(`told to wait ${ms} ms`)
    this.name = 'ToldToWait'
  }
}

/**
 * One gate for one host. "A client that keeps sending while told to wait waits longer" (Dataverse, service protection
 * limits): once closed, nothing passes until the time is up, whichever call was told.
 */
export function createGate(now: () => Date, sleep: Sleep) {
  let closedUntil = 0

  return {
    /** Closes the gate as an answer's Retry-After says; returns for how long, in milliseconds. */
    close(retryAfter: string | undefined): number {
      const ms = readRetryAfter(retryAfter, now())
      closedUntil = Math.max(closedUntil, now().getTime() + ms)
      return ms
    },

    /** Resolves when the gate is open. Throws ToldToWait at once if that is further off than `deadline`. */
    async pass(deadline: number): Promise<void> {
      for (;;) {
        const wait = closedUntil - now().getTime()
        if (wait <= 0) return
        if (closedUntil > deadline) throw new ToldToWait(wait)
        await sleep(wait + jitter(Math.min(wait, 1_000)))
      }
    },
  }
}

/**
 * Retry-After in milliseconds: it is a number of seconds or an HTTP date (RFC 9110 §10.2.3). What cannot be read counts
 * as missing.
 */
function readRetryAfter(header: string | undefined, now: Date): number {
  const text = header?.trim() ?? ''
  const date = /^[A-Z]/i.test(text) ? Date.parse(text) : Number.NaN
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : date - now.getTime()
  if (Number.isNaN(ms)) return UNSAID_MS
  return Math.min(Math.max(ms, 0), LONGEST_MS)
}

/** Up to a quarter of `ms`, so that those who waited together do not come back together. */
export function jitter(ms: number): number {
  return Math.random() * ms * 0.25
}
