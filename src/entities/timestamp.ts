import type pg from 'pg'

/**
 * Times in Register are `timestamp(6) without time zone`, always UTC. A JavaScript `Date` would lose the microseconds,
 * and node-postgres would read the text in the process's own zone, so such a value travels as text from end to end:
 * `2021-10-20T09:15:27.123456`, exactly as Postgres' `to_jsonb` writes it.
 */
class TimestampText {
  constructor(private readonly text: string) {}

  /** node-postgres calls this for a query parameter; TypeORM hands objects through where it would turn a string into a Date. */
  toPostgres(): string {
    return this.text
  }

  toString(): string {
    return this.text
  }

  toJSON(): string {
    return this.text
  }
}

/** TypeORM transformer for a `timestamp(6)` column whose property is that text. */
export const timestampText = {
  from: (value: unknown): string | null => (value == null ? null : String(value)),
  to: (value: string | null | undefined) => (value == null ? value : new TimestampText(value)),
}

const DATE = 1082
const TIMESTAMP = 1114

/**
 * node-postgres type parsers for every session we open: `date` and `timestamp` stay text. `timestamptz` (only in our
 * own tables) stays a `Date`, and `bigint` a string, as node-postgres has them.
 */
export function exactTypes(defaults: Pick<typeof pg.types, 'getTypeParser'>) {
  return {
    getTypeParser(oid: number, format?: 'text' | 'binary') {
      if (format !== 'binary' && oid === DATE) return (text: string) => text
      if (format !== 'binary' && oid === TIMESTAMP) return (text: string) => new TimestampText(text.replace(' ', 'T'))
      return defaults.getTypeParser(oid, format)
    },
  }
}

/** An instant as Register's `audited` gem writes times into `audited_changes`: UTC, ISO 8601, milliseconds (truncated). */
export function timestampForAudit(text: string): string {
  const [whole = '', fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}
