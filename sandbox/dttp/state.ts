// What DTTP holds: records by set and id, and the TRNs that it will give out.
import { randomUUID } from 'node:crypto'
import { SETS, type SetName } from './schema.ts'

export type Value = string | number | boolean | null
export type StoredRecord = Record<string, Value>

export type State = ReturnType<typeof createState>

/** `trnAfterMs`: how long after its creation a contact is given a TRN; null for never. */
export function createState({
  now,
  trnAfterMs,
  takesEmptyReferences = false,
}: {
  now: () => Date
  trnAfterMs: number | null
  takesEmptyReferences?: boolean
}) {
  const sets = {
    contacts: new Map<string, StoredRecord>(),
    dfe_placementassignments: new Map<string, StoredRecord>(),
    dfe_degreequalifications: new Map<string, StoredRecord>(),
    accounts: new Map<string, StoredRecord>(),
  } satisfies Record<SetName, Map<string, StoredRecord>>
  const dueTrns = new Map<string, { at: number; trn: string | null }>()
  let nextTrn = 3_000_000

  /** Puts a record in, as though it had always been there; returns its id, a new one unless given. */
  function add(set: SetName, { id, ...columns }: StoredRecord & { id?: string }): string {
    const key = (id ?? randomUUID()).toLowerCase()
    const seen = now().toISOString()
    const defaults: StoredRecord = set === 'accounts' ? { dfe_provider: false, statuscode: 1 } : {}
    sets[set].set(key, { [SETS[set].idColumn]: key, createdon: seen, modifiedon: seen, ...defaults, ...columns })
    if (set === 'contacts' && trnAfterMs !== null && !('dfe_trn' in columns)) giveTrn(key, { afterMs: trnAfterMs })
    return key
  }

  /** Gives a contact a TRN (the next free one unless named), at once or some time from now. */
  function giveTrn(contactId: string, what: { trn?: string | null; afterMs?: number } = {}): void {
    const { trn = String(nextTrn++), afterMs = 0 } = what
    dueTrns.set(contactId.toLowerCase(), { at: now().getTime() + afterMs, trn })
  }

  return {
    ...sets,
    takesEmptyReferences,
    add,
    giveTrn,

    change(set: SetName, id: string, columns: StoredRecord): void {
      const record = sets[set].get(id.toLowerCase())
      if (!record) throw new Error(`The simulator holds no such record in ${set}`)
      Object.assign(record, columns, { modifiedon: now().toISOString() })
    },

    /** Deletes a record, as someone in DTTP would; returns whether there was one. */
    delete: (set: SetName, id: string): boolean => sets[set].delete(id.toLowerCase()),

    /** The record as it is now, with the TRN it has been given by now; null if there is none. */
    find(set: SetName, id: string): StoredRecord | null {
      const key = id.toLowerCase()
      const record = sets[set].get(key)
      const due = set === 'contacts' ? dueTrns.get(key) : undefined
      if (record && due && due.at <= now().getTime()) {
        record['dfe_trn'] = due.trn
        dueTrns.delete(key)
      }
      return record ?? null
    },
  }
}
