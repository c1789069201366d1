import { createHash } from 'node:crypto'
import type { EntityManager } from 'typeorm'

/**
 * An entry as it is hashed: every field is text, just as the database wrote it. `details` is jsonb's own text, `at` is UTC
 * with microseconds, and `change_request_id` is "-" where there is none.
 */
export type Entry = {
  seq: string
  change_request_id: string
  at: string
  event: string
  actor: string
  details: string
  prev_hash: string
  hash: string
  chain: number
}

/** What the first entry follows: a hash of the database's own id. */
export function hashBeforeTheFirst(databaseId: string): string {
  return sha256(`chatops ledger ${databaseId}`)
}

/** The hash that an entry should have, after the one before it. */
export function hashOfEntry(entry: Entry, previous: string): string {
  return sha256(textOf(entry, previous))
}

/**
 * The text whose SHA-256 is an entry's hash; `chatops.append_ledger` spells out the same. Version 1 joins the fields by line
 * breaks; in version 2 each has its length in bytes before it.
 */
export function textOf(entry: Entry, previous: string): string {
  const { seq, change_request_id, at, event, actor, details } = entry
  const fields = [previous, seq, change_request_id, at, event, actor, details]
  return entry.chain === 1 ? fields.join('\n') : ['chatops ledger 2', ...fields].map(withLength).join('')
}

/** All entries with a number in their order, some at a time, also those whose number should not be. */
export async function* readEntries(sql: EntityManager): AsyncGenerator<Entry> {
  for (let after: string | undefined = BEFORE_ALL; after !== undefined; ) {
    const entries: Entry[] = await sql.query<Entry[]>(PAGE, [after])
    yield* entries
    after = entries.at(-1)?.seq
  }
}

const BEFORE_ALL = '-9223372036854775808'

const PAGE = `
  SELECT seq, coalesce(change_request_id::text, '-') AS change_request_id,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, event, actor, details::text AS details,
    prev_hash, hash, chain
  FROM chatops.ledger WHERE seq > $1 ORDER BY seq LIMIT 1000`

function withLength(field: string): string {
  return `${Buffer.byteLength(field)}:${field},`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
