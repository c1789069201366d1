import { stringify } from 'csv-stringify/sync'
import type { EntityManager } from 'typeorm'
import { type Entry, readEntries, textOf } from './chain.ts'

export const FORMATS = ['json', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** The Slack ids of everybody whom an entry names; read in pages, as one statement would take too long for a large ledger. */
export async function findPeople(sql: EntityManager): Promise<string[]> {
  const found = new Set<string>()
  for await (const entry of readEntries(sql)) for (const id of idsIn(entry)) found.add(id)
  return [...found].sort()
}

/**
 * The whole ledger for an auditor, a line for each entry. `json`: a JSON object a line, in which `hashed` is the text whose
 * SHA-256 is `hash`. `csv`: the same without that text, with a header; no cell is a formula to a spreadsheet.
 * @param names of people, by their Slack ids; whoever is not in it stays an id
 */
export async function* exportLedger(
  sql: EntityManager,
  format: Format,
  names: ReadonlyMap<string, string>,
): AsyncGenerator<string> {
  if (format === 'csv') yield cells(COLUMNS)
  for await (const entry of readEntries(sql)) {
    yield format === 'csv' ? cells(rowOf(entry, names)) : `${JSON.stringify(objectOf(entry, names))}\n`
  }
}

const COLUMNS = [
  ...['entry', 'at', 'request', 'event', 'actor', 'actor_name', 'details', 'people', 'previous_hash', 'hash', 'chain'],
]

function rowOf(entry: Entry, names: ReadonlyMap<string, string>): string[] {
  const { seq, at, change_request_id, event, actor, details, prev_hash, hash, chain } = entry
  const request = change_request_id === '-' ? '' : change_request_id
  const people = Object.entries(peopleIn(entry, names)).map(([id, name]) => `${id}: ${name}`)
  const name = names.get(actor) ?? ''
  return [seq, `${at}Z`, request, event, actor, name, details, people.join('; '), prev_hash, hash, String(chain)]
}

function objectOf(entry: Entry, names: ReadonlyMap<string, string>): object {
  const { seq, at, change_request_id: request, event, actor, details, prev_hash: previousHash, hash, chain } = entry
  const changeRequest = request === '-' ? null : request
  const people = peopleIn(entry, names)
  const hashed = textOf(entry, previousHash)
  const read: unknown = JSON.parse(details)
  return {
    entry: seq,
    at: `${at}Z`,
    changeRequest,
    event,
    actor,
    details: read,
    people,
    previousHash,
    hash,
    chain,
    hashed,
  }
}

/** Everybody whom an entry names, by name. */
function peopleIn(entry: Entry, names: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(idsIn(entry).flatMap((id) => (names.has(id) ? [[id, names.get(id) ?? '']] : [])))
}

function idsIn({ actor, details }: Entry): string[] {
  return [...new Set([...`"${actor}" ${details}`.matchAll(/"([UW][A-Z0-9]{2,})"/g)].map(([, id = '']) => id))]
}

function cells(row: string[]): string {
  return stringify([row], { escape_formulas: true })
}
