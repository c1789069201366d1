// Reading records: $select, a little $filter, $top, and paging.
import { malformed, Refusal } from './refusal.ts'
import { readableColumns, SETS, type SetName } from './schema.ts'
import type { State, StoredRecord, Value } from './state.ts'

const KNOWN_OPTIONS = ['$select', '$filter', '$top', '$skiptoken', '$count']
const LARGEST_PAGE = 5000

/** One record with the columns asked for. */
export function select(set: SetName, record: StoredRecord, options: URLSearchParams): StoredRecord {
  const names = checkSelect(set, options)
  return Object.fromEntries(names.map((name) => [name, record[name] ?? null]))
}

/** The columns asked for, the id always among them. Throws Refusal for a column there is not. */
function checkSelect(set: SetName, options: URLSearchParams): string[] {
  const asked = options.get('$select')?.split(',')
  const readable = readableColumns(SETS[set])
  for (const name of asked ?? []) if (!readable.has(name)) throw noSuchProperty(set, name)
  return asked ? [SETS[set].idColumn, ...asked] : [...readable]
}

/** A page of records. `api` is where links to the next page lead. */
export function list(state: State, set: SetName, options: URLSearchParams, prefer: string, api: string): object {
  for (const name of options.keys()) {
    if (!KNOWN_OPTIONS.includes(name)) throw malformed(`The query option '${name}' is not supported.`)
  }
  checkSelect(set, options)
  const asked = Number(/odata\.maxpagesize=(\d+)/.exec(prefer)?.[1] ?? LARGEST_PAGE)
  const size = Math.min(Math.max(asked, 1), LARGEST_PAGE)
  const after = readCookie(options.get('$skiptoken'))
  const keeps = readFilter(set, options.get('$filter'))
  const top = Number(options.get('$top') ?? Number.POSITIVE_INFINITY)
  const page: StoredRecord[] = []
  const ids = [...state[set].keys()].sort()
  let last = ''
  for (const id of ids.slice(after ? ids.findIndex((one) => one > after.id) : 0)) {
    if (after && id <= after.id) break
    const record = state.find(set, id)
    if (!record || !keeps(record)) continue
    if (page.length === Math.min(size, top)) {
      const isMore = page.length < top
      return answer(
        state,
        set,
        page,
        options,
        isMore ? nextLink(api, set, options, last, (after?.page ?? 1) + 1) : null,
      )
    }
    page.push(record)
    last = id
  }
  return answer(state, set, page, options, null)
}

function answer(
  state: State,
  set: SetName,
  page: StoredRecord[],
  options: URLSearchParams,
  next: string | null,
): object {
  const value = page.map((record) => {
    const etag = state.etagOf(String(record[SETS[set].idColumn]))
    return { '@odata.etag': etag, ...select(set, record, options) }
  })
  return { value, ...(next && { '@odata.nextLink': next }) }
}

function nextLink(api: string, set: SetName, options: URLSearchParams, lastId: string, page: number): string {
  const kept = [...options].filter(([name]) => name !== '$skiptoken')
  const cookie = `<cookie pagenumber="${page}" pagingcookie="${lastId}" istracking="False" />`
  const query = [...kept, ['$skiptoken', cookie]].map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
  return `${api}${set}?${query.join('&')}`
}

function readCookie(text: string | null): { page: number; id: string } | null {
  if (text === null) return null
  const [, page, id] =
    /^<cookie pagenumber="(\d+)" pagingcookie="([0-9a-f-]{36})" istracking="False" \/>$/.exec(text) ?? []
  if (!page || !id) throw new Refusal(400, '0x80041129', 'Malformed XML in the paging cookie.')
  return { page: Number(page), id }
}

/** Comparisons with `eq`, and of times with `ge`, joined by `and`. A null never equals anything but null. */
function readFilter(set: SetName, filter: string | null): (record: StoredRecord) => boolean {
  let rest = filter ?? ''
  const terms: ((record: StoredRecord) => boolean)[] = []
  const readable = readableColumns(SETS[set])
  while (rest !== '') {
    const [term, name = '', literal, time] = TERM.exec(rest) ?? []
    if (!term || (time && !TIMES.includes(name))) throw malformed('There is a syntax error in the $filter expression.')
    if (!readable.has(name)) throw noSuchProperty(set, name)
    terms.push(time ? notBefore(name, time) : equals(name, readLiteral(literal ?? '')))
    rest = rest.slice(term.length)
  }
  return (record) => terms.every((holds) => holds(record))
}

const TERM = /^(\w+) (?:eq ('(?:[^']|'')*'|[\w-]+)|ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z))(?: and (?=\w)|$)/
const TIMES = ['createdon', 'modifiedon']

function equals(name: string, value: Value): (record: StoredRecord) => boolean {
  return (record) => (record[name] ?? null) === value
}

function notBefore(name: string, time: string): (record: StoredRecord) => boolean {
  return (record) => Date.parse(String(record[name] ?? '')) >= Date.parse(time)
}

function readLiteral(literal: string): Value {
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'")
  if (literal === 'true' || literal === 'false') return literal === 'true'
  if (literal === 'null') return null
  return /^-?\d+$/.test(literal) ? Number(literal) : literal.toLowerCase()
}

function noSuchProperty(set: SetName, name: string): Refusal {
  return malformed(`Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${SETS[set].type}'.`)
}
