// How a request is made (gate, token, one exchange), and which requests are repeated.
import { errorOf, requestIdOf } from './answer.ts'
import { DttpError } from './errors.ts'
import { createGate, type Sleep } from './gate.ts'
import type { Log } from './log.ts'
import type { Asked } from './meanings.ts'
import { retryHarmless, withoutAnswer } from './retry.ts'
import type { Tokens } from './token.ts'
import type { Answer, Outgoing, Transport } from './transport.ts'

export type RequestSettings = {
  /** Where the organisation's Web API is, ending in `/`. */
  api: URL
  readTimeoutMs: number
  writeTimeoutMs: number
  longestWaitMs: number
}

export type Read = Asked & { url: URL; headers?: Record<string, string>; timeoutMs?: number; maxAnswerBytes?: number }
export type Write = Asked & {
  method: 'POST' | 'PATCH'
  url: URL
  headers: Record<string, string>
  body: string
  beforeSending?: BeforeSending
}

/** Called when nothing is left to wait for, just before a write is sent; what it throws is passed on, and nothing is sent. */
export type BeforeSending = () => Promise<void>

const ODATA = { accept: 'application/json', 'odata-version': '4.0', 'odata-maxversion': '4.0' }
const MAX_BYTES = 4 * 1024 * 1024

export type Requests = ReturnType<typeof createRequests>

export function createRequests(
  settings: RequestSettings,
  {
    transport,
    tokens,
    now,
    sleep,
    log,
  }: { transport: Transport; tokens: Tokens; now: () => Date; sleep: Sleep; log: Log },
) {
  const gate = createGate(now, sleep)

  /** The text of a 200. Repeated where that may help; throws DttpError. */
  async function read(asked: Read): Promise<string> {
    const deadline = now().getTime() + settings.longestWaitMs
    return retryHarmless(asked.call, sleep, async (attempt) => {
      const { answer, toldMs } = await exchange(asked, attempt, deadline, undefined, {
        method: 'GET',
        url: asked.url,
        headers: { ...ODATA, ...asked.headers },
        timeoutMs: asked.timeoutMs ?? settings.readTimeoutMs,
        maxAnswerBytes: asked.maxAnswerBytes ?? MAX_BYTES,
        isWrite: false,
      })
      if (answer.status === 200) return answer.text
      throw failure(asked, answer, toldMs, attempt)
    })
  }

  /**
   * Sends a write once and returns its answer, whatever the status. The one repetition is after a 401: then the token
   * was not accepted and nothing was looked at. Throws DttpError if there is no answer.
   */
  async function write(asked: Write): Promise<{ answer: Answer; toldMs: number | null }> {
    return exchange(asked, 1, now().getTime() + settings.longestWaitMs, asked.beforeSending, {
      method: asked.method,
      url: asked.url,
      headers: { ...ODATA, ...asked.headers },
      body: asked.body,
      timeoutMs: settings.writeTimeoutMs,
      maxAnswerBytes: MAX_BYTES,
      isWrite: true,
    })
  }

  async function exchange(
    asked: Asked,
    attempt: number,
    deadline: number,
    beforeSending: BeforeSending | undefined,
    outgoing: Outgoing,
  ) {
    try {
      let { answer, token } = await exchangeOnce(deadline, beforeSending, outgoing)
      if (answer.status === 401) {
        tokens.discard(token)
        ;({ answer, token } = await exchangeOnce(deadline, beforeSending, outgoing))
        if (answer.status === 401) tokens.discard(token)
      }
      const requestId = requestIdOf(answer)
      log.debug({ call: asked.call, attempt, status: answer.status, requestId }, 'DTTP answered')
      return { answer, toldMs: closeGateIfTold(answer) }
    } catch (thrown) {
      const error = withoutAnswer(thrown, asked)
      throw error instanceof DttpError ? noted(asked, attempt, error) : error
    }
  }

  async function exchangeOnce(
    deadline: number,
    beforeSending: BeforeSending | undefined,
    outgoing: Outgoing,
  ): Promise<{ answer: Answer; token: string }> {
    await gate.pass(deadline)
    const token = await tokens.get()
    // Others may have been told to wait while we fetched the token.
    await gate.pass(deadline)
    await beforeSending?.()
    const headers = { ...outgoing.headers, authorization: `Bearer ${token}` }
    return { answer: await transport.send({ ...outgoing, headers }), token }
  }

  /** Closes the gate for a 429, and for a 503 that says how long; returns for how long. */
  function closeGateIfTold({ status, headers }: Pick<Answer, 'status' | 'headers'>): number | null {
    const retryAfter = headers['retry-after']
    return status === 429 || (status === 503 && retryAfter) ? gate.close(retryAfter) : null
  }

  /** The typed error that this answer stands for, logged. */
  function failure(asked: Asked, answer: Answer, toldMs: number | null, attempt = 1): DttpError {
    return noted(asked, attempt, errorOf(asked, answer, toldMs))
  }

  function noted(asked: Asked, attempt: number, error: DttpError): DttpError {
    const { kind, status, code, said, requestId, retryAfterMs } = error
    const facts = { call: asked.call, attempt, kind, status, code, said, requestId, retryAfterMs }
    log.warn(facts, 'DTTP did not do what was asked')
    return error
  }

  return { api: settings.api, read, write, closeGateIfTold, failure }
}
