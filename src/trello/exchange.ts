// One request to Trello and its whole answer, within a time limit and a size limit; what came of it otherwise.
import { type TrelloCall, TrelloError } from './errors.ts'

type Request = {
  call: TrelloCall
  path: string
  query?: Record<string, string>
  /** What to post; without it, the request only reads, or removes. */
  post?: object
  removes?: boolean
  /**
   * Aborted, with a word for the reason, when the time for all requests is up, or by this exchange when its own time is
   * up.
   */
  underWay: AbortController
}

export type Exchange = (request: Request) => Promise<unknown>

/** A page of cards, each with the longest description, every character of it written as `\uXXXX`. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
/** Trello's limits are per 10 seconds (developer.atlassian.com, Trello, rate limits); a 429 seldom says how long. */
const UNSAID_MS = 10_000
const LONGEST_MS = 3_600_000
/**
 * With these codes, there was no connection. For other errors, fetch does not say whether the request had been sent.
 */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

export function createExchange(settings: {
  /** Ends in `/`. */
  api: URL
  authorization: string
  timeoutMs: number
  now: () => Date
}): Exchange {
  const { api, authorization, timeoutMs, now } = settings

  /** The JSON of a 200. Sends the request once, and follows no redirect. Throws TrelloError. */
  return async function exchange({ call, path, query, post, removes, underWay }) {
    if (underWay.signal.aborted) throw new TrelloError('unavailable', call, { code: reasonOf(underWay.signal) })
    const url = new URL(path, api)
    url.search = new URLSearchParams(query).toString()
    const timer = setTimeout(() => underWay.abort('timeout'), timeoutMs)
    try {
      const response = await fetch(url, {
        method: removes ? 'DELETE' : post ? 'POST' : 'GET',
        headers: { accept: 'application/json', authorization, ...(post && { 'content-type': 'application/json' }) },
        ...(post && { body: JSON.stringify(post) }),
        redirect: 'manual',
        signal: underWay.signal,
      })
      if (response.status !== 200) throw errorOf(call, response, await readCode(response), now())
      return JSON.parse(await readText(response))
    } catch (error) {
      throw error instanceof TrelloError ? error : withoutAnswer(call, error, underWay.signal)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The error for an answer that came, but cannot be read or says something else than it should. */
export function unreadable(call: TrelloCall, code = 'unreadable'): TrelloError {
  return new TrelloError(ifSent(call), call, { status: 200, code })
}

/** The kind of error for a request that may have been carried out although we got no answer. */
function ifSent(call: TrelloCall): 'outcome-unknown' | 'unavailable' {
  return call === 'add card' ? 'outcome-unknown' : 'unavailable'
}

/** The error that a status other than 200 stands for. */
function errorOf(call: TrelloCall, { status, headers }: Response, code: string | null, now: Date): TrelloError {
  const facts = { status, code }
  if (status === 429)
    return new TrelloError('wait', call, { ...facts, waitMs: readWait(headers.get('retry-after'), now) })
  if (status === 401 || status === 403) return new TrelloError('unauthorised', call, facts)
  // After 5xx a card may have been made all the same; 408 is the server's own time-out.
  if (status >= 500 || status === 408 || status < 300) return new TrelloError(ifSent(call), call, facts)
  return new TrelloError('refused', call, facts)
}

function withoutAnswer(call: TrelloCall, error: unknown, signal: AbortSignal): TrelloError {
  if (signal.aborted) return new TrelloError(ifSent(call), call, { code: reasonOf(signal) })
  if (error instanceof SyntaxError) return unreadable(call)
  if (error instanceof TooLarge) return unreadable(call, 'too-large')
  const { cause } = error as { cause?: { code?: unknown } }
  const code = typeof cause?.code === 'string' ? cause.code : 'network'
  return new TrelloError(NEVER_SENT.has(code) ? 'unavailable' : ifSent(call), call, { code })
}

class TooLarge extends Error {}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What Trello says in `error` of an answer that is no success (developer.atlassian.com, Trello, "Rate limits"). */
const CODES = new Set([
  ...['API_KEY_LIMIT_EXCEEDED', 'API_TOKEN_LIMIT_EXCEEDED', 'API_KEY_DB_LIMIT_EXCEEDED', 'API_TOKEN_DB_LIMIT_EXCEEDED'],
  ...['UNAUTHORIZED', 'BAD_REQUEST_ERROR', 'NOT_FOUND', 'BOARD_NOT_FOUND', 'LIST_NOT_FOUND'],
])

/**
 * The code in an answer that is no success: JSON `error`, or one of the few plain texts we know. Nothing else of the
 * answer is kept.
 */
async function readCode(response: Response): Promise<string | null> {
  try {
    const text = await readText(response)
    if (/^(?:invalid|expired) (?:key|token)$/.test(text)) return text.replace(' ', '-')
    const { error } = JSON.parse(text) as { error?: unknown }
    return typeof error === 'string' && CODES.has(error) ? error : null
  } catch {
    return null
  }
}

/**
 * Retry-After in milliseconds: it is a number of seconds or an HTTP date (RFC 9110 §10.2.3). What cannot be read counts
 * as missing.
 */
function readWait(header: string | null, now: Date): number {
  const text = header?.trim() ?? ''
  const date = /^[A-Z]/i.test(text) ? Date.parse(text) : Number.NaN
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : date - now.getTime()
  return Number.isNaN(ms) ? UNSAID_MS : Math.min(Math.max(ms, 0), LONGEST_MS)
}

function reasonOf(signal: AbortSignal): string {
  return String(signal.reason)
}
