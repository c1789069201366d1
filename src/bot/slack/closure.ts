import type { webApi } from '@slack/bolt'
import type { Report } from '../../world.ts'
import { findRemedy, readTrouble } from './errors.ts'

/**
 * Why nothing is sent, and until when. After that Slack is asked whether it is well again, unless it has answered already.
 * Times are those of `performance.now()`: a machine's clock may be put back.
 */
type Closed = { because: string; isToken: boolean; until: number; closures: number; hasAnswered?: boolean }

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
  let probedAt = hasAnswered ? performance.now() : Number.NEGATIVE_INFINITY
  /** Until when Slack has asked not to be asked. */
  let quietUntil = 0
  let answered = hasAnswered

  /** Several calls may find out at once: that is one closure. */
  function close(because: string, isToken: boolean): void {
    if (closed && closed.until > performance.now()) return
    const closures = (closed?.closures ?? 0) + 1
    const pause = Math.min(500 * 2 ** closures, LONGEST_CLOSURE_MS)
    closed = { because, isToken, until: performance.now() + pause, closures }
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
      await openForTry()
    } catch (error) {
      const { code, retryAfterMs } = readTrouble(error) ?? { code: 'unknown', retryAfterMs: null }
      if (retryAfterMs !== null) leaveAlone(retryAfterMs)
      else if (findRemedy(code, 'post') === 'token') await closeForToken(code, 'auth.test')
      else if (closed) close(code, closed.isToken)
    }
  }

  /** It counts as well only once something was really sent. Rows that cannot be woken now are sent when they are due. */
  async function openForTry(): Promise<void> {
    if (closed) closed = { ...closed, isToken: false, until: 0 }
    await opened().catch(() => {})
  }

  /** Slack has answered, but says nothing of the token. */
  function leaveAlone(retryAfterMs: number): void {
    quietUntil = performance.now() + retryAfterMs
    if (closed) closed = { ...closed, until: quietUntil, hasAnswered: !closed.isToken }
  }

  async function probeOnce(): Promise<void> {
    if (performance.now() < quietUntil) return
    probedAt = performance.now()
    probing ??= probe().finally(() => {
      probing = null
    })
    await probing
  }

  return {
    close,
    closeForToken,

    /** Whether anything can be sent. Closed, it asks Slack now and then whether that has changed. */
    isOpen(): boolean {
      if (!closed || closed.until === 0) return true
      if (performance.now() < closed.until) return false
      void (closed.hasAnswered ? openForTry() : probeOnce())
      return closed.until === 0
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
      if (performance.now() - probedAt >= PROBE_EVERY_MS) void probeOnce()
      if (!answered) throw new Error('Slack has not answered yet')
      if (closed?.isToken) throw new Error(`Slack does not take the bot token: ${closed.because}`)
    },
  }
}
