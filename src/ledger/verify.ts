import type { DataSource, EntityManager } from 'typeorm'
import { OperatorError } from '../error-facts.ts'
import { type Entry, hashBeforeTheFirst, hashOfEntry, readEntries } from './chain.ts'

/** `broken` names the first entry that is wrong; `entries` counts the sound ones before it. */
export type LedgerVerdict = { entries: number; broken: { seq: string; why: string } | null; head: string }

type Head = { seq: string; hash: string }

/**
 * Walks the whole table and recomputes every hash. Finds the first entry that was altered, removed or added, and what was
 * carried out, or is said of a request, without the entry that belongs to it.
 */
export async function verifyLedger(database: DataSource): Promise<LedgerVerdict> {
  return database.transaction('REPEATABLE READ', async (sql) => {
    const [start] = await sql.query<{ id: string }[]>('SELECT id FROM chatops.identity')
    if (!start) throw new OperatorError('the ledger is not set up: run the migrations')
    const heads = await sql.query<Head[]>('SELECT seq, hash FROM chatops.ledger_head ORDER BY seq')
    const [head] = heads
    if (!head || heads.length > 1) {
      const why = head ? 'the ledger has more than one head' : 'the ledger has lost its head'
      return { entries: 0, broken: { seq: head?.seq ?? '0', why }, head: head?.hash ?? '' }
    }
    const { entries, broken } = await walk(sql, hashBeforeTheFirst(start.id), head)
    const [contradiction] = broken ? [] : await sql.query<{ seq: string; why: string }[]>(CONTRADICTIONS, [entries])
    return { entries, broken: broken ?? contradiction ?? null, head: head.hash }
  })
}

async function walk(sql: EntityManager, first: string, head: Head): Promise<Omit<LedgerVerdict, 'head'>> {
  let [previous, seq, chain] = [first, 0n, 1]
  for await (const entry of readEntries(sql)) {
    const why = seq === BigInt(head.seq) ? 'it was added past the head' : findFlaw(entry, { previous, seq, chain })
    if (why) return { entries: Number(seq), broken: { seq: entry.seq, why } }
    previous = entry.hash
    chain = entry.chain
    seq += 1n
  }
  const isComplete = BigInt(head.seq) === seq && head.hash === previous
  const broken = isComplete ? null : { seq: head.seq, why: 'entries at the end are missing' }
  return { entries: Number(seq), broken }
}

/** Why an entry cannot be the one that follows; null if it is. */
function findFlaw(entry: Entry, before: { previous: string; seq: bigint; chain: number }): string | null {
  if (BigInt(entry.seq) < 1n) return 'it was added before the first'
  if (BigInt(entry.seq) !== before.seq + 1n) return 'an entry before it is missing'
  if (entry.prev_hash !== before.previous) return 'it does not follow the entry before it'
  if (entry.chain !== 1 && entry.chain !== 2) return 'its version of the chain is not one of ours'
  if (entry.chain < before.chain) return 'it is of an older version of the chain than the entry before it'
  if (entry.chain === 1 && /\n/.test(entry.event + entry.actor)) return 'a line break in it hides where its fields end'
  return hashOfEntry(entry, before.previous) === entry.hash ? null : 'its content was altered'
}

/**
 * What the chain cannot know by itself: an entry that is not in its order, since it has no number, or that of another, which
 * only somebody who drops the primary key can add; an execution that nobody had approved as it was, and a request whose state has no
 * entry, as after the end of the ledger was cut off.
 */
const CONTRADICTIONS = `
  SELECT (SELECT seq FROM chatops.ledger_head), 'an entry has no number, or that of another' AS why
  WHERE (SELECT count(*) FROM chatops.ledger) <> $1
  UNION ALL
  SELECT seq, 'a request was carried out that nobody had approved as it was'
  FROM chatops.ledger executed
  WHERE event = 'executed' AND NOT EXISTS (
    SELECT FROM chatops.ledger approval
    WHERE approval.change_request_id = executed.change_request_id AND approval.event = 'approved'
      AND approval.seq < executed.seq AND approval.actor = executed.details ->> 'approver'
      AND approval.actor IS DISTINCT FROM executed.details ->> 'requester'
      AND approval.details ->> 'digest' = executed.details ->> 'digest')
  UNION ALL
  SELECT (SELECT seq + 1 FROM chatops.ledger_head), 'nothing says how CR-' || id || ' came to be ' || status
  FROM chatops.change_requests request
  WHERE NOT EXISTS (
    SELECT FROM chatops.ledger entry
    WHERE entry.change_request_id = request.id AND entry.event =
      CASE status WHEN 'unsent' THEN 'proposed' WHEN 'pending' THEN 'sent' WHEN 'verifying' THEN 'executed' ELSE status END)
  ORDER BY 1 LIMIT 1`
