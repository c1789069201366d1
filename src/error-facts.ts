// What may be logged or kept of any error. Messages of databases, other systems and libraries quote what they were given,
// so of an error that is not our own there are only its class, its code and where it was thrown.

export type ErrorFacts = { name: string; code?: string; at: string[]; cause?: Omit<ErrorFacts, 'at'> }

const FRAMES = 6
/** Node's and the network's (`ECONNREFUSED`, `ERR_…`), Postgres' (`23505`), undici's, the Slack library's. */
const CODE = /^(?:E[A-Z0-9_]{2,40}|UND_ERR_[A-Z_]{2,40}|[0-9A-Z]{5}|slack_[a-z_]{2,60})$/
/** OpenSSL's, of a certificate that is not trusted: `SELF_SIGNED_CERT_IN_CHAIN`, `CERT_HAS_EXPIRED`, … */
const TLS_CODE = /^(?:CERT|DEPTH_ZERO|HOSTNAME|INVALID|SELF_SIGNED|UNABLE_TO)_[A-Z_]{2,40}$/
/** What Redis begins every error with: ERR, NOSCRIPT, READONLY, … */
const REDIS_CODE = /^[A-Z]{1,40}(?= |$)/
/** A line of V8's that says where a function was called; it ends with file, line and column. */
const FRAME = /^ {4}at .{1,300}:\d+:\d+\)?$/

/** An error whose message is our own, for whoever runs the bot, and quotes nothing secret. Of no other one it is shown. */
export class OperatorError extends Error {}

/** What whoever runs the bot is told of an error: our own words, or its class and code; and those of its cause. */
export function wordsForOperator(error: unknown): string {
  const words = error instanceof OperatorError ? error.message : describeError(error)
  return error instanceof Error && error.cause ? `${words} (${describeError(error.cause)})` : words
}

/** The class of an error, its code and its frames; and the class and code of its cause. */
export function factsOf(error: unknown): ErrorFacts {
  const facts = { ...nameAndCode(error), at: framesOf(error) }
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? { ...facts, cause: nameAndCode(cause) } : facts
}

/** The same in one line: "QueryFailedError 23505". */
export function describeError(error: unknown): string {
  const { name, code } = nameAndCode(error)
  return code === undefined ? name : `${name} ${code}`
}

function nameAndCode(error: unknown): { name: string; code?: string } {
  if (!(error instanceof Error)) return { name: 'unknown' }
  const { code } = error as { code?: unknown }
  const name = /^\w{1,60}$/.test(error.name) ? error.name : 'Error'
  const redisCode = redisCodeOf(error)
  if (redisCode !== undefined) return { name, code: redisCode }
  return typeof code === 'string' && (CODE.test(code) || TLS_CODE.test(code)) ? { name, code } : { name }
}

/** With which word Redis refused something; nothing if the error is not Redis's. */
export function redisCodeOf({ name, message }: Error): string | undefined {
  return name === 'ReplyError' ? REDIS_CODE.exec(message)?.[0] : undefined
}

/** A message can be written to look like a frame, so it is cut off first. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return []
  const { stack, message } = error
  const start = message === '' ? 0 : stack.indexOf(message)
  const below = start === -1 ? '' : stack.slice(start + message.length)
  return below
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, FRAMES)
    .map((line) => line.trim())
}
