import { type Logger, pino } from 'pino'

/**
 * Structured logs. What is logged is chosen field by field; this list is the second line of defence, for fields that
 * could hold a secret or personal data if someone logged a whole object.
 */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: { service: 'trainee-chatops' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    serializers: { err: ({ name, stack }: Error) => ({ name, at: stack?.split('\n').slice(1, 5) }) },
  })
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
