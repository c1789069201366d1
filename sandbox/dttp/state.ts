// What DTTP holds: records by set and id, and the TRNs that it will give out.
import { randomUUID } from 'node:crypto'
import { SETS, type SetName } from './schema.ts'

export type Value = string | number | boolean | null
export type StoredRecord = Record<string, Value>

const ACTIVE = 0
const INACTIVE = 1

const DEFAULTS: Readonly<Record<SetName, StoredRecord>> = {
  contacts: { merged: false, _masterid_value: null },
  dfe_placementassignments: {},
  dfe_degreequalifications: {},
  accounts: { dfe_provider: false, statuscode: 1 },
}

export type State = ReturnType<typeof createState>

/** What becomes of a primary key that whoever creates a record has chosen; Dataverse takes it. */
export type OwnIds = 'taken' | 'ignored' | 'refused'

/** `trnAfterMs`: how long after its creation a contact is given a TRN; null for never. */
export function createState({
  now,
  trnAfterMs,
  takesEmptyReferences = false,
  ownIds = 'taken',
}: {
  now: () => Date
  trnAfterMs: number | null
  takesEmptyReferences?: boolean
  ownIds?: OwnIds
}) {
  const sets = {
    contacts: new Map<string, StoredRecord>(),
    dfe_placementassignments: new Map<string, StoredRecord>(),
    dfe_degreequalifications: new Map<string, StoredRecord>(),
    accounts: new Map<string, StoredRecord>(),
  } satisfies Record<SetName, Map<string, StoredRecord>>
  const alternateKeys: { set: SetName; columns: readonly string[] }[] = []
  const dueTrns = new Map<string, { at: number; trn: string | null }>()
  const versions = new Map<string, number>()
  let nextTrn = 3_000_000
  let nextVersion = 1

  /** Puts a record in, as though it had always been there; returns its id, a new one unless given. */
  function add(set: SetName, { id, ...columns }: StoredRecord & { id?: string }): string {
    const key = (id ?? randomUUID()).toLowerCase()
    const seen = now().toISOString()
    const created = { [SETS[set].idColumn]: key, createdon: seen, modifiedon: seen, statecode: ACTIVE }
    sets[set].set(key, { ...created, ...DEFAULTS[set], ...columns })
    versions.set(key, nextVersion++)
    if (set === 'contacts' && trnAfterMs !== null && !('dfe_trn' in columns)) giveTrn(key, { afterMs: trnAfterMs })
    return key
  }

  /** Gives a contact a TRN (the next free one unless named), at once or some time from now. */
  function giveTrn(contactId: string, what: { trn?: string | null; afterMs?: number } = {}): void {
    const { trn = String(nextTrn++), afterMs = 0 } = what
    dueTrns.set(contactId.toLowerCase(), { at: now().getTime() + afterMs, trn })
  }

  function change(set: SetName, id: string, columns: StoredRecord): void {
    const record = sets[set].get(id.toLowerCase())
    if (!record) throw new Error(`The simulator holds no such record in ${set}`)
    Object.assign(record, columns, { modifiedon: now().toISOString() })
    versions.set(id.toLowerCase(), nextVersion++)
  }

  return {
    ...sets,
    takesEmptyReferences,
    ownIds,
    add,
    change,
    giveTrn,

    /** No two records of a set may have the same values in these columns from now on; null is no value. */
    addKey(set: SetName, columns: readonly string[]): void {
      alternateKeys.push({ set, columns })
    },

    /** Whether a record that is about to be created has a key, of whatever kind, that another one has already. */
    hasKeyOf(set: SetName, { id, ...created }: StoredRecord & { id: string }): boolean {
      if (sets[set].has(id)) return true
      return alternateKeys.some(({ set: keyed, columns }) => {
        if (keyed !== set || columns.some((column) => created[column] == null)) return false
        return [...sets[set].values()].some((record) => columns.every((column) => record[column] === created[column]))
      })
    },

    /** Somebody merges a contact into another one: both can still be read. */
    merge(contact: string, into: string): void {
      change('contacts', contact, { merged: true, statecode: INACTIVE, _masterid_value: into.toLowerCase() })
    },

    deactivate: (set: SetName, id: string): void => change(set, id, { statecode: INACTIVE }),

    /** The version of a record, as its ETag has it. */
    etagOf: (id: string): string => `W/"${versions.get(id.toLowerCase()) ?? 0}"`,

    /** Deletes a record, as someone in DTTP would; returns whether there was one. */
    delete: (set: SetName, id: string): boolean => sets[set].delete(id.toLowerCase()),

    /** The record as it is now, with the TRN it has been given by now; null if there is none. */
    find(set: SetName, id: string): StoredRecord | null {
      const key = id.toLowerCase()
      const record = sets[set].get(key)
      const due = set === 'contacts' ? dueTrns.get(key) : undefined
      if (record && due && due.at <= now().getTime()) {
        record['dfe_trn'] = due.trn
        versions.set(key, nextVersion++)
        dueTrns.delete(key)
      }
      return record ?? null
    },
  }
}
