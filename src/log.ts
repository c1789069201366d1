import { type DestinationStream, type Logger, pino } from 'pino'
import { factsOf } from './error-facts.ts'

/**
 * Structured logs. What is logged is chosen field by field. The second line of defence, should someone log a whole
 * object: fields that could hold a secret or personal data are left out, and an error is logged without its message. Each
 * line names the environment, unless it is production.
 */
export function createLog(
  level: string,
  to: DestinationStream = pino.destination(1),
  environment = 'production',
): Logger {
  return pino(
    {
      level,
      base: { service: 'trainee-chatops', ...(environment === 'production' ? {} : { environment }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
      serializers: { err: (facts: unknown) => facts },
      formatters: { log: withoutMessages },
      hooks: {
        // If pino is given an error and no words, it logs the error's message.
        logMethod(given, method) {
          const [first, words] = given as unknown[]
          if (first instanceof Error) return method.apply(this, [{ err: first }, wordsFrom(words)])
          if (typeof first === 'object') return method.apply(this, [first, wordsFrom(words)])
          return method.apply(this, given)
        },
      },
    },
    to,
  )
}

function wordsFrom(given: unknown): string {
  return typeof given === 'string' ? given : 'an error'
}

function withoutMessages(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === 'err' || value instanceof Error ? factsOf(value) : value,
    ]),
  )
}

const REDACTED = [
  'token',
  'authorization',
  'password',
  'secret',
  'form',
  'plan',
  'parameters',
  'first_names',
  'middle_names',
  'last_name',
  'email',
  'date_of_birth',
  'postcode',
]
