// Repeats requests that may be sent twice without harm.
import { DttpError } from './errors.ts'
import { jitter, type Sleep, ToldToWait } from './gate.ts'
import { NoAnswer } from './transport.ts'

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 250
const TOLD_TO_WAIT = 'told-to-wait'

/**
 * Runs it up to three times while `call` is `unavailable` and may be asked again soon. What failed for want of a token
 * is not repeated: the token was asked for three times already.
 */
export async function retryHarmless<T>(
  call: string,
  sleep: Sleep,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      const unavailable = error instanceof DttpError && error.kind === 'unavailable' && error.call === call
      if (!unavailable || error.code === TOLD_TO_WAIT || number === ATTEMPTS) throw error
      // Where DTTP said how long, the gate holds the next attempt back.
      if (!error.retryAfterMs) {
        const pause = FIRST_PAUSE_MS * 2 ** (number - 1)
        await sleep(pause + jitter(pause))
      }
    }
  }
}

/** The typed error for a request that got no answer; anything else is passed on as it is. */
export function withoutAnswer(error: unknown, asked: { call: string; isWrite: boolean }): unknown {
  if (error instanceof ToldToWait) {
    return new DttpError('unavailable', asked.call, { code: TOLD_TO_WAIT, retryAfterMs: error.ms })
  }
  if (!(error instanceof NoAnswer)) return error
  const tooLarge = error.reason === 'too-large' && !asked.isWrite
  const kind = asked.isWrite && error.sent ? 'outcome-unknown' : tooLarge ? 'malformed' : 'unavailable'
  return new DttpError(kind, asked.call, { code: error.reason })
}
