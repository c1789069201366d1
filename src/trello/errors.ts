/**
 * What can come of asking for a card, other than the card.
 *
 * - `refused`: asking again changes nothing (the list is gone or archived, the text is too long).
 * - `unauthorised`: Trello does not accept our key or token, or they may not do this.
 * - `wait`: Trello wants to be left alone for `waitMs`.
 * - `unavailable`: no answer, or none that can be read. Ask again later.
 * - `outcome-unknown`: the card was sent and no readable answer came. It may have been made; ask again with `again`.
 *
 * Every kind but `outcome-unknown` proves that this attempt made no card. It says nothing of earlier attempts.
 */
export type TrelloErrorKind = 'refused' | 'unauthorised' | 'wait' | 'unavailable' | 'outcome-unknown'

/** What we ask of Trello, by name. */
export type TrelloCall = 'get list' | 'find card' | 'add card' | 'remove card'

type Facts = {
  /** HTTP status, where there was an answer. */
  status?: number | null
  /** Ours (`timeout`, `list-archived`), Trello's (`API_TOKEN_LIMIT_EXCEEDED`) or the network's (`ECONNRESET`). */
  code?: string | null
  waitMs?: number | null
}

/** Why there is no card, as far as we know. Holds no body, no text, no key and no token: it can be logged and shown. */
export class TrelloError extends Error {
  readonly kind: TrelloErrorKind
  readonly call: TrelloCall
  readonly status: number | null
  readonly code: string | null
  /** In milliseconds; null unless the kind is `wait`. */
  readonly waitMs: number | null

  constructor(kind: TrelloErrorKind, call: TrelloCall, { status = null, code = null, waitMs = null }: Facts = {}) {
    const known = [status, code].filter((fact) => fact !== null).join(' ')
    super(`Trello, ${call}: ${kind}${known && ` (${known})`}`)
    this.name = 'TrelloError'
    this.kind = kind
    this.call = call
    this.status = status
    this.code = code
    this.waitMs = waitMs
  }
}
