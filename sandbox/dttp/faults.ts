/** Faults on demand: what the next requests should suffer. */
import { armedFaults } from '../armed-faults.ts'
import { keyExists, Refusal, versionDiffers } from './refusal.ts'
import type { Reply } from './web-api.ts'

type Where = {
  /** Only this method; any unless given. */
  method?: string
  /** How the path begins (after `/api/data/v9.1/`; `token` for the token endpoint) or what it matches; any unless given. */
  path?: string | RegExp
  /** How many requests suffer it; 1 unless given. */
  times?: number
}

/** `performed`: whether the request is carried out all the same; false unless given. */
export type Fault = Where &
  /** 400 "Cannot find record to be updated", as Register saw it. */
  (
    | { kind: 'cannot-find' }
    | { kind: 'not-found' }
    /** 412: some record has one of the keys already. */
    | { kind: 'key-exists' }
    /** 412: the record is not in the version that was named, or not there. */
    | { kind: 'version-differs' }
    | { kind: 'refused' }
    | { kind: 'unauthorised' }
    /** 429; `retryAfter` is the header as it is sent, null for none. */
    | { kind: 'rate-limited'; retryAfter?: string | null }
    | { kind: 'server-error'; status?: number; retryAfter?: string; performed?: boolean }
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
  if (fault.method && fault.method !== method) return false
  return typeof fault.path === 'string' ? path.startsWith(fault.path) : (fault.path?.test(path) ?? true)
}

/** Whether a request with this fault is carried out. */
export function isPerformed(fault: Fault | null): boolean {
  if (!fault) return true
  if (fault.kind === 'server-error' || fault.kind === 'hang') return fault.performed ?? false
  return ['lost-answer', 'cut-answer', 'garbled', 'slow', 'rewritten'].includes(fault.kind)
}

/** The answer a fault makes, in place of `reply` or of none; null where the fault leaves the answer as it is. */
export function answerOf(fault: Fault | null, reply: Reply | null): Reply | null {
  switch (fault?.kind) {
    case 'cannot-find':
      return refusal(new Refusal(400, '0x80060891', 'Cannot find record to be updated'))
    case 'not-found':
      return refusal(new Refusal(404, '0x80040217', 'The record Does Not Exist'))
    case 'key-exists':
      return refusal(keyExists())
    case 'version-differs':
      return refusal(versionDiffers())
    case 'refused':
      return refusal(new Refusal(403, '0x80040220', 'Principal user is missing a privilege'))
    case 'unauthorised':
      return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '', wrote: 0 }
    case 'rate-limited': {
      const { retryAfter = '1' } = fault
      const { body } = new Refusal(429, '0x80072322', 'Number of requests exceeded the limit of 6000.')
      return { status: 429, headers: retryAfter === null ? {} : { 'retry-after': retryAfter }, body, wrote: 0 }
    }
    case 'server-error':
      return {
        status: fault.status ?? 500,
        headers: fault.retryAfter ? { 'retry-after': fault.retryAfter } : {},
        body: '<html><body>An error occurred</body></html>',
        wrote: reply?.wrote ?? 0,
      }
    case 'garbled':
      return reply && { ...reply, status: 200, body: '{"value": [{"accountid": 1' }
    case 'rewritten':
      return reply && fault.rewrite(reply)
    default:
      return null
  }
}

function refusal({ status, body }: Refusal): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body, wrote: 0 }
}
