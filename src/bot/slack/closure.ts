import type { webApi } from '@slack/bolt'
import type { Report } from '../../world.ts'
import { findRemedy, readTrouble } from './errors.ts'

/** Why nothing is sent, and until when. After that Slack is asked whether it is well again. */
type Closed = { because: string; isToken: boolean; until: number; closures: number }

const LONGEST_CLOSURE_MS = 15_000
const PROBE_EVERY_MS = 30_000

/**
 * Whether anything can be sent to Slack at all. It is closed while the token is no good or Slack does not answer, and
 * asks Slack now and then whether that has changed.
 * @param opened what waited for Slack can go on
 * @param hasAnswered whether Slack has answered this process by now
 */
export function createClosure(
  client: webApi.WebClient,
  opened: () => Promise<void>,
  report: Report,
  hasAnswered: boolean,
) {
  let closed: Closed | null = null
  let probing: Promise<void> | null = null
  let probedAt = hasAnswered ? Date.now() : 0
  let answered = hasAnswered

  /** Several calls may find out at once: that is one closure. */
  function close(because: string, isToken: boolean): void {
    if (closed && closed.until > Date.now()) return
    const closures = (closed?.closures ?? 0) + 1
    const pause = Math.min(500 * 2 ** closures, LONGEST_CLOSURE_MS)
    closed = { because, isToken, until: Date.now() + pause, closures }
  }

  async function closeForToken(code: string, method: string): Promise<void> {
    close(code, true)
    await report(`Slack does not take the bot token (${code})`, { code, method })
  }

  /** Asks Slack for nothing but whether it takes our token. */
  async function probe(): Promise<void> {
    try {
      await client.auth.test()
      answered = true
      // It opens for a try; it counts as well only once something was really sent.
      if (closed) closed = { ...closed, isToken: false, until: 0 }
      await opened()
    } catch (error) {
      const trouble = readTrouble(error)
      if (!trouble || trouble.retryAfterMs !== null) return
      if (findRemedy(trouble.code, 'post') === 'token') await closeForToken(trouble.code, 'auth.test')
      else if (closed) close(trouble.code, closed.isToken)
    }
  }

  function probeOnce(): Promise<void> {
    probedAt = Date.now()
    probing ??= probe().finally(() => {
      probing = null
    })
    return probing
  }

  return {
    close,
    closeForToken,

    /** Whether anything can be sent. Closed, it asks Slack now and then whether that has changed. */
    isOpen(): boolean {
      if (!closed || closed.until === 0) return true
      if (Date.now() >= closed.until) void probeOnce()
      return false
    },

    because: (): string => closed?.because ?? '',

    /** Slack did what it was asked. */
    async open(): Promise<void> {
      answered = true
      closed = null
      await opened()
    },

    /**
     * Throws until Slack has answered once, and while it does not take our token; has Slack asked now and then, whether
     * or not anything is sent.
     */
    demandToken(): void {
      if (Date.now() - probedAt >= PROBE_EVERY_MS) void probeOnce()
      if (!answered) throw new Error('Slack has not answered yet')
      if (closed?.isToken) throw new Error(`Slack does not take the bot token: ${closed.because}`)
    },
  }
}
