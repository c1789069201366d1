// The bearer token, by OAuth 2.0 client credentials (RFC 6749 §4.4).
import * as oauth from 'oauth4webapi'
import { DttpError } from './errors.ts'
import { createGate, type Sleep } from './gate.ts'
import type { Log } from './log.ts'
import { retryHarmless, withoutAnswer } from './retry.ts'
import { isLoopback, type Transport } from './transport.ts'

export type TokenSettings = {
  tokenUrl: URL
  clientId: string
  clientSecret: string
  scope: string
  timeoutMs: number
  longestWaitMs: number
}

type Token = { value: string; refreshAt: number; expiresAt: number }

/** Refreshed this long before it expires, or after three quarters of a shorter life. */
const EARLY_MS = 300_000
/** Never used in its last seconds: the request still has to travel. */
const MARGIN_MS = 10_000
const MAX_BYTES = 65_536

export type Tokens = ReturnType<typeof createTokens>

/** Keeps one token for everyone. However many ask at once, the token endpoint is asked once. */
export function createTokens(settings: TokenSettings, transport: Transport, now: () => Date, sleep: Sleep, log: Log) {
  const gate = createGate(now, sleep)
  let token: Token | null = null
  let underWay: Promise<Token> | null = null

  function refresh(): Promise<Token> {
    underWay ??= fetchToken()
      .then((fresh) => (token = fresh))
      .finally(() => {
        underWay = null
      })
    return underWay
  }

  async function fetchToken(): Promise<Token> {
    const deadline = now().getTime() + settings.longestWaitMs
    return retryHarmless('token', sleep, async (attempt) => {
      try {
        await gate.pass(deadline)
        return await requestToken(settings, transport, now, gate.close)
      } catch (thrown) {
        const error = withoutAnswer(thrown, { call: 'token', isWrite: false })
        if (error instanceof DttpError) {
          log.warn(
            { call: 'token', attempt, kind: error.kind, status: error.status, code: error.code },
            'no DTTP token',
          )
        }
        throw error
      }
    })
  }

  return {
    /** A token that is good for at least a few seconds. Throws DttpError `unauthorised` or `unavailable`. */
    async get(): Promise<string> {
      const kept = token
      const time = now().getTime()
      if (kept && time < kept.refreshAt) return kept.value
      try {
        return (await refresh()).value
      } catch (error) {
        if (!kept || kept !== token || now().getTime() > kept.expiresAt - MARGIN_MS) throw error
        kept.refreshAt = Math.min(now().getTime() + 30_000, kept.expiresAt - MARGIN_MS)
        return kept.value
      }
    },

    /** Forgets the token if it is still the one that was not accepted. */
    discard(value: string): void {
      if (token?.value === value) token = null
    },
  }
}

async function requestToken(
  settings: TokenSettings,
  transport: Transport,
  now: () => Date,
  closeGate: (retryAfter: string | undefined) => number,
): Promise<Token> {
  const { tokenUrl, timeoutMs } = settings
  const server = { issuer: tokenUrl.origin, token_endpoint: tokenUrl.href }
  const client = { client_id: settings.clientId }
  const secret = oauth.ClientSecretPost(settings.clientSecret)
  const askedAt = now().getTime()
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    secret,
    { scope: settings.scope },
    {
      [oauth.allowInsecureRequests]: isLoopback(tokenUrl),
      [oauth.customFetch]: (url, { headers, body }) => fetchThrough(transport, url, headers, String(body), timeoutMs),
    },
  )
  refuseUnlessAnswered(response, closeGate)
  try {
    const answer = await oauth.processClientCredentialsResponse(server, client, response)
    const life = (answer.expires_in ?? 300) * 1_000
    return {
      value: answer.access_token,
      refreshAt: askedAt + life - Math.min(EARLY_MS, life / 4),
      expiresAt: askedAt + life,
    }
  } catch (error) {
    // The library's errors contain the answer, and so perhaps the token. Only the status and the code are passed on.
    const refusal = error instanceof oauth.ResponseBodyError ? error.error : null
    const code = refusal === null ? 'unreadable-token' : REFUSALS.has(refusal) ? refusal : 'unknown-refusal'
    throw new DttpError(response.ok ? 'unavailable' : 'unauthorised', 'token', { status: response.status, code })
  }
}

/** What a token endpoint may refuse a client for (RFC 6749 §5.2). */
const REFUSALS = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client'],
  ...['unsupported_grant_type', 'invalid_scope', 'invalid_resource', 'interaction_required'],
])

/** An answer that means "not now" is tried again here. Every other answer is left to the library. */
function refuseUnlessAnswered(response: Response, closeGate: (retryAfter: string | undefined) => number): void {
  const { status, headers } = response
  if (status < 500 && status !== 429 && status !== 408) return
  const retryAfter = headers.get('retry-after')
  const told = status === 429 || retryAfter !== null
  throw new DttpError('unavailable', 'token', {
    status,
    retryAfterMs: told ? closeGate(retryAfter ?? undefined) : null,
  })
}

/** The library's requests, under our limits of time and size. */
async function fetchThrough(
  transport: Transport,
  url: string,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
): Promise<Response> {
  const answer = await transport.send({
    method: 'POST',
    url: new URL(url),
    headers,
    body,
    timeoutMs,
    maxAnswerBytes: MAX_BYTES,
    isWrite: false,
  })
  const text = (value: string | string[] | undefined): string =>
    Array.isArray(value) ? value.join(', ') : (value ?? '')
  return new Response([204, 205, 304].includes(answer.status) ? null : answer.text, {
    status: answer.status,
    headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, text(value)]),
  })
}
