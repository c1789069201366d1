/**
 * Register's Redis did not answer, or did not let us. What was to be written may have been written. Holds no command, so
 * nothing of a job.
 */
export class SidekiqUnavailable extends Error {
  /** Redis' own code, such as NOPERM, or the network's. */
  readonly code: string

  constructor(cause: unknown) {
    const code = codeOf(cause)
    super(`Register’s Redis did not do what was asked (${code})`)
    this.name = 'SidekiqUnavailable'
    this.code = code
  }
}

/** Sidekiq must not be written to now; `isPassing` where waiting may cure it. `why` is a sentence for people. */
export class NotWritable extends Error {
  readonly code = 'not-writable'

  constructor(
    readonly why: string,
    readonly isPassing: boolean,
  ) {
    super(why)
    this.name = 'NotWritable'
  }
}

/** Throws what went wrong between us and Redis as SidekiqUnavailable, and mistakes of our own as they are. */
export function asUnavailable(error: unknown): never {
  if (error instanceof NotWritable || error instanceof TypeError || error instanceof SyntaxError) throw error
  throw new SidekiqUnavailable(error)
}

function codeOf(error: unknown): string {
  const { code, message, name } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: 'unknown' }
  if (typeof code === 'string' && /^[\w-]{1,40}$/.test(code)) return code
  return /^[A-Z]{4,20}(?= )/.exec(message ?? '')?.[0] ?? name
}
