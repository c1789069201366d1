// Creating and updating records as Dataverse does: every column and every reference must be known.
import { randomUUID } from 'node:crypto'
import { doesNotExist, keyExists, malformed, unknownProperty } from './refusal.ts'
import { GUID, isSetName, lookupColumn, SETS, type SetName } from './schema.ts'
import type { State, StoredRecord, Value } from './state.ts'

/** A record that is about to be created, with the content id by which others may refer to it. */
export type Created = { set: SetName; id: string; contentId: string | null; columns: StoredRecord }

/**
 * Checks a record to be created, whose primary key may be chosen in the body. References may point to `pending` ones by
 * `$<content id>`. Writes nothing. Throws Refusal.
 */
export function prepareCreate(
  state: State,
  set: SetName,
  body: unknown,
  contentId: string | null = null,
  pending: readonly Created[] = [],
): Created {
  const { idColumn, type } = SETS[set]
  const { [idColumn]: chosen, ...rest } = demandRecord(body)
  if (chosen !== undefined && state.ownIds === 'refused') throw unknownProperty(idColumn, type)
  if (chosen !== undefined && !GUID.test(String(chosen))) {
    throw malformed(`Cannot convert the value of '${idColumn}' to the expected type 'Edm.Guid'.`)
  }
  const id = chosen === undefined || state.ownIds === 'ignored' ? randomUUID() : String(chosen).toLowerCase()
  const columns = readColumns(state, set, rest, pending)
  if (state.hasKeyOf(set, { ...columns, id }) || pending.some((other) => other.set === set && other.id === id)) {
    throw keyExists()
  }
  return { set, id, contentId, columns }
}

/** The body as columns to store. Throws Refusal for anything Dataverse would not take. */
export function readColumns(state: State, set: SetName, body: unknown, pending: readonly Created[] = []): StoredRecord {
  const { type, columns, lookups } = SETS[set]
  const entries = Object.entries(demandRecord(body)).map(([name, value]): [string, Value] => {
    if (name.endsWith('@odata.bind')) {
      const navigation = name.slice(0, -'@odata.bind'.length)
      const target = Object.hasOwn(lookups, navigation) ? lookups[navigation] : undefined
      if (!target) throw unknownProperty(navigation, type)
      return [lookupColumn(navigation), resolve(state, target, value, pending)]
    }
    if (!columns.includes(name)) throw unknownProperty(name, type)
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      throw malformed(`Cannot convert the value of '${name}' to a primitive type.`)
    }
    return [name, value as Value]
  })
  return Object.fromEntries(entries)
}

function demandRecord(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw malformed('A record must be an object.')
  return Object.fromEntries(Object.entries(body))
}

/** The id that `/accounts(…)` or `$<content id>` stands for, if it is of the right set and exists. */
function resolve(state: State, target: string, reference: unknown, pending: readonly Created[]): string | null {
  if (typeof reference !== 'string') throw malformed('A reference must be a string.')
  if (reference.startsWith('$')) {
    const referred = pending.find(({ contentId }) => contentId === reference.slice(1))
    if (referred?.set !== target) throw malformed(`Content-ID Reference: '${reference}' does not exist in the batch.`)
    return referred.id
  }
  const [, named = '', id = ''] = /^\/?([a-z_]+)\(([^)]*)\)$/i.exec(reference) ?? []
  if (named !== target) throw malformed(`Resource not found for the segment '${named || reference}'.`)
  if (id === '' && state.takesEmptyReferences) return null
  if (!GUID.test(id)) throw malformed(`Empty or malformed id in the reference to '${named}'.`)
  if (isSetName(target) && !state.find(target, id)) throw doesNotExist(SETS[target].type, id)
  return id.toLowerCase()
}
