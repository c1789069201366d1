import type { DataSource } from 'typeorm'

// Whoever administers the database can rewrite the ledger so that it verifies. What was said outside of it does not change:
// each message of the bot carries how many entries there were, and the hash of the last one.

/** What one message says. `head` is null in messages of versions that did not say it. */
export type Witness = { entries: string; head: string | null; where: string }

/**
 * What the witnesses say together. An entry's hash covers every entry before it, so one witness of entry 500 vouches for the
 * first 500; `vouched` is how far that goes, and `entries` is how many there are.
 */
export type Testimony = {
  entries: string
  vouched: string
  contradictions: { entries: string; where: string; why: string }[]
}

/** Compares each witness with the ledger. The chain itself is verified apart from this. */
export async function compareWithWitnesses(
  database: Pick<DataSource, 'query'>,
  witnesses: readonly Witness[],
): Promise<Testimony> {
  const named = [...new Set(witnesses.map(({ entries }) => entries))]
  const rows = await database.query<{ seq: string; hash: string }[]>(HASHES, [named])
  const [head] = await database.query<{ seq: string }[]>('SELECT coalesce(max(seq), 0) AS seq FROM chatops.ledger')
  const hashes = new Map(rows.map(({ seq, hash }) => [seq, hash]))
  const testimony: Testimony = { entries: head?.seq ?? '0', vouched: '0', contradictions: [] }
  for (const { entries, head: said, where } of witnesses) {
    const hash = hashes.get(entries)
    const why = hash === undefined ? `speaks of entry ${entries}, which is not there` : null
    const differs = said !== null && hash !== undefined && said !== hash
    if (why ?? differs)
      testimony.contradictions.push({ entries, where, why: why ?? `says that entry ${entries} was another` })
    else if (said !== null && BigInt(entries) > BigInt(testimony.vouched)) testimony.vouched = entries
  }
  return testimony
}

/** Before the first entry, the head is what that one follows. */
const HASHES = `
  SELECT seq, hash FROM chatops.ledger WHERE seq = ANY($1::bigint[])
  UNION ALL
  SELECT 0, encode(sha256(convert_to('chatops ledger ' || id, 'UTF8')), 'hex') FROM chatops.identity`
