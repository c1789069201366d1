// Waits for what the bot tells Slack, to the millisecond and cheaply, also for fifty people at once.
import type { FakeSlack, JsonObject } from '../support/slack/index.ts'

type Call = { method: string; args: JsonObject; result: JsonObject }
type Waiting = { matches: (call: Call) => boolean; resolve: (call: Call) => void }

export type Watch = ReturnType<typeof watchCalls>

/** Watches the successful calls that reach this Slack. `stop` ends it. */
export function watchCalls(slack: Pick<FakeSlack, 'calls'>) {
  const waiting = new Set<Waiting>()
  let seen = slack.calls.length
  const timer = setInterval(() => {
    for (; seen < slack.calls.length; seen++) {
      const call = slack.calls[seen]
      if (call?.result['ok'] !== true) continue
      for (const one of waiting) {
        if (!one.matches(call)) continue
        waiting.delete(one)
        one.resolve(call)
      }
    }
  }, 1)

  return {
    /** Where the calls stand now. Take it before the action whose call is waited for. */
    mark: (): number => slack.calls.length,
    /** The first matching call after `since`, past or future. Rejects if it has not come in time. */
    next(what: string, matches: Waiting['matches'], since: number, timeoutMs = 30_000): Promise<Call> {
      const past = slack.calls.slice(since, seen).find((call) => call.result['ok'] === true && matches(call))
      if (past) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          matches,
          resolve(call) {
            clearTimeout(expiry)
            resolve(call)
          },
        }
        const expiry = setTimeout(() => {
          waiting.delete(one)
          reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`))
        }, timeoutMs)
        waiting.add(one)
      })
    },
    stop: (): void => clearInterval(timer),
  }
}
