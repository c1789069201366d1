/**
 * What can come of a call to DTTP, other than what was asked for.
 *
 * - `gone`: the record asked for is not there (any more).
 * - `exists`: a record was to be created or changed, and another one has one of its keys, whatever kind of key. Only a
 *   look by id tells which.
 * - `changed`: the record is no longer in the version that an update was made for.
 * - `refused`: DTTP read the request and declined it; asking again changes nothing.
 * - `unavailable`: no answer, or "not now". Nothing was written; ask again later.
 * - `unauthorised`: our credentials were not accepted. Nothing was written.
 * - `outcome-unknown`: a write was sent and no readable answer came. It may have happened.
 * - `malformed`: a read was answered with something we cannot read.
 *
 * For a write, every kind but `outcome-unknown` proves that nothing was written.
 */
export type DttpErrorKind =
  | 'gone'
  | 'exists'
  | 'changed'
  | 'refused'
  | 'unavailable'
  | 'unauthorised'
  | 'outcome-unknown'
  | 'malformed'

type Facts = {
  /** HTTP status, where there was an answer. */
  status?: number | null
  /** Dataverse's code (`0x…`), the token endpoint's (`invalid_client`), or the network's (`ECONNRESET`, `timeout`). */
  code?: string | null
  /** What Dataverse said, in our own words, if we know it. Its own text names people and is kept nowhere. */
  said?: string | null
  /** DTTP's own id of the request, by which its operators can find what DTTP said. */
  requestId?: string | null
  /** How long DTTP wants to be left alone, in milliseconds. */
  retryAfterMs?: number | null
}

/** Why a call to DTTP failed. Holds no text of DTTP's, no URL and no credential: it can be logged and shown. */
export class DttpError extends Error {
  readonly kind: DttpErrorKind
  /** The client's function that was called. */
  readonly call: string
  readonly status: number | null
  readonly code: string | null
  readonly said: string | null
  readonly requestId: string | null
  readonly retryAfterMs: number | null

  constructor(kind: DttpErrorKind, call: string, facts: Facts = {}) {
    const { status = null, code = null, said = null, requestId = null, retryAfterMs = null } = facts
    const known = [status, code].filter((fact) => fact !== null).join(' ')
    super(`DTTP ${call}: ${kind}${known && ` (${known})`}${said ? `: ${said}` : ''}`)
    this.name = 'DttpError'
    this.kind = kind
    this.call = call
    this.status = status
    this.code = code
    this.said = said
    this.requestId = requestId
    this.retryAfterMs = retryAfterMs
  }
}
