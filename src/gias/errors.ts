/**
 * Why nothing could be taken from GIAS.
 *
 * - `unavailable`: it did not answer, not in time, or not to the end, or has no extract yet. Ask again later.
 * - `refused`: it answered, and what it sent must not be used. Asking again for the same changes nothing.
 */
export type GiasErrorKind = 'unavailable' | 'refused'

/** Holds no URL and nothing of the file's rows, which name people: it can be logged and shown. */
export class GiasError extends Error {
  readonly kind: GiasErrorKind
  /** A whole sentence for the log and for people. */
  readonly problem: string
  /** The network's code, such as `ECONNREFUSED`, where there is one. */
  readonly code: string | null

  constructor(kind: GiasErrorKind, problem: string, code: string | null = null) {
    super(`GIAS: ${kind}: ${problem}${code ? ` (${code})` : ''}`)
    this.name = 'GiasError'
    this.kind = kind
    this.problem = problem
    this.code = code
  }
}

export function unavailable(problem: string, code?: string | null): GiasError {
  return new GiasError('unavailable', problem, code)
}

export function refused(problem: string): GiasError {
  return new GiasError('refused', problem)
}
