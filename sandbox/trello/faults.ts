/** Faults on demand: what the next requests should suffer. */
import { armedFaults } from '../armed-faults.ts'
import type { Reply } from './rest-api.ts'

type Where = {
  /** Only this method; any unless given. */
  method?: 'GET' | 'POST' | 'DELETE'
  /** How the path begins (after `/1/`); any unless given. */
  path?: string
  /** How many requests suffer it; 1 unless given. */
  times?: number
}

/** `performed`: whether the request is carried out all the same; false unless given. */
export type Fault = Where &
  /** 429; `retryAfter` is the header as it is sent, none unless given: Trello seldom says. */
  (
    | { kind: 'rate-limited'; retryAfter?: string }
    | { kind: 'refused'; status: number; body?: string }
    | { kind: 'server-error'; status?: number; performed?: boolean }
    /** Never answers. */
    | { kind: 'hang'; performed?: boolean }
    /** The connection drops before anything is carried out. */
    | { kind: 'lost-request' }
    /** Carried out, but the connection drops before the answer. */
    | { kind: 'lost-answer' }
    /** Carried out, but the connection drops in the middle of the answer. */
    | { kind: 'cut-answer' }
    /** Carried out, but the answer cannot be read. */
    | { kind: 'garbled' }
    | { kind: 'slow'; ms: number }
    /** Carried out, and the answer put differently. */
    | { kind: 'rewritten'; rewrite: (reply: Reply) => Reply }
  )

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  const { takeFirst, ...armed } = armedFaults<Fault>()
  /** The first armed fault that fits this request, used up by one; null for none. */
  const take = (method: string, path: string): Fault | null => takeFirst((fault) => fits(fault, method, path))
  return { ...armed, take }
}

function fits(fault: Fault, method: string, path: string): boolean {
  return (fault.method ?? method) === method && path.startsWith(fault.path ?? '')
}

/** Whether a request with this fault is carried out. */
export function isPerformed(fault: Fault | null): boolean {
  if (!fault) return true
  if (fault.kind === 'server-error' || fault.kind === 'hang') return fault.performed ?? false
  return !['rate-limited', 'refused', 'lost-request'].includes(fault.kind)
}

/** The answer a fault makes, in place of `reply` or of none; null where the fault leaves the answer as it is. */
export function answerOf(fault: Fault | null, reply: Reply | null): Reply | null {
  switch (fault?.kind) {
    case 'rate-limited': {
      const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
      const body = JSON.stringify({ error: 'API_TOKEN_LIMIT_EXCEEDED', message: 'Rate limit exceeded' })
      return { status: 429, headers, body }
    }
    case 'refused':
      return { status: fault.status, headers: {}, body: fault.body ?? 'unauthorized permission requested' }
    case 'server-error':
      return { status: fault.status ?? 500, headers: {}, body: '<html><body>Error</body></html>' }
    case 'garbled':
      return reply && { ...reply, body: '{"id": "5abbe' }
    case 'rewritten':
      return reply && fault.rewrite(reply)
    default:
      return null
  }
}
