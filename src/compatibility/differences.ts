import type { ExpectedColumn, ExpectedTables } from './expected.ts'
import type { LiveColumn, LiveTable } from './live-schema.ts'
import type { Touched } from './touched.ts'

// How Register's live schema differs from what something needs of it. Pure.

/** What stands in the way, one sentence each; nothing where all is as it is needed. */
export function differencesFor(
  touched: Touched,
  expected: ExpectedTables,
  live: ReadonlyMap<string, LiveTable>,
): string[] {
  return touched.reads.flatMap((table) => {
    const found = live.get(table)
    const broken = tableTrouble(table, found)
    if (!found || broken) return broken ?? []
    const uses = { table, found, expected: expected[table] }
    return [
      ...expected[table].flatMap((column) => troubleReading(uses, column)),
      ...(touched.updates?.[table] ?? []).flatMap((column: string) => troubleWriting(uses, column, 'mayUpdate')),
      ...insertTrouble(uses, touched.inserts?.[table]),
      ...(touched.unique?.[table] ?? []).flatMap((column: string) => keyTrouble(uses, column)),
    ]
  })
}

/** Differences that change nothing for the bot, for whoever looks closely. */
export function harmlessDifferences(expected: ExpectedTables, live: ReadonlyMap<string, LiveTable>): string[] {
  return Object.entries(expected).flatMap(([table, columns]) =>
    columns.flatMap(({ name, type }) => {
      const now = live.get(table)?.columns.find((column) => column.name === name)?.type
      if (now === undefined || now === type || !isText(now) || !isText(type)) return []
      return [`${table}.${name} is ${now} and was ${type}: that changes nothing`]
    }),
  )
}

function tableTrouble(table: string, found: LiveTable | undefined): string[] | null {
  if (!found) return [`the table ${table} is missing`]
  if (!found.isReachable) return ['the bot may not use the schema public']
  if (!['r', 'p'].includes(found.kind)) return [`${table} is not a table any more`]
  return found.isFiltered ? [`row security hides rows of ${table} from the bot`] : null
}

type Uses = { table: string; found: LiveTable; expected: readonly ExpectedColumn[] }

function troubleReading({ table, found }: Uses, { name, type, isRequired }: ExpectedColumn): string[] {
  const column = found.columns.find((one) => one.name === name)
  const where = `${table}.${name}`
  if (!column) return [`${where} is missing`]
  if (!isSameType(type, column.type)) return [`${where} is ${column.type} and was ${type}`]
  return [
    ...(isRequired && !column.isRequired ? [`${where} may be empty now`] : []),
    ...(column.mayRead ? [] : [`the bot may not read ${where}`]),
  ]
}

function troubleWriting(uses: Uses, name: string, right: 'mayUpdate' | 'mayInsert'): string[] {
  const column = uses.found.columns.find((one) => one.name === name)
  if (!column) return [] // said where it is read
  const where = `${uses.table}.${name}`
  const isEmptied = uses.expected.some((one) => one.name === name && !one.isRequired)
  const [, most] = /\((\d+)\)$/.exec(isText(column.type) ? column.type : '') ?? []
  return [
    ...(column[right] ? [] : [`the bot may not ${right === 'mayUpdate' ? 'change' : 'add'} ${where}`]),
    ...(isEmptied && column.isRequired ? [`${where} must not be empty any more`] : []),
    ...(column.isComputed ? [`Postgres works out ${where} by itself now`] : []),
    ...(most ? [`${where} takes only ${most} characters now`] : []),
  ]
}

function insertTrouble(uses: Uses, names: readonly string[] | undefined): string[] {
  if (!names) return []
  const { table, found } = uses
  const wanted = found.columns.filter(
    ({ name, isRequired, isFilled }) => isRequired && !isFilled && !names.includes(name),
  )
  const closed = found.columns.filter(({ name, mayDraw }) => mayDraw === false && !names.includes(name))
  return [
    ...names.flatMap((name) => troubleWriting(uses, name, 'mayInsert')),
    ...wanted.map(({ name }) => `a new row of ${table} needs ${name} now`),
    ...closed.map(({ name }) => `the bot may not use the sequence of ${table}.${name}`),
  ]
}

function keyTrouble({ table, found }: Uses, name: string): string[] {
  const column = found.columns.find((one) => one.name === name)
  return !column || column.isUnique ? [] : [`${table}.${name} is not unique any more`]
}

/** What is text stays text under another name, or up to a length; times are the same with and without “(6)”. */
function isSameType(type: string, now: LiveColumn['type']): boolean {
  return type === now.replace(/^timestamp\(6\)/, 'timestamp') || (isText(type) && isText(now))
}

function isText(type: string): boolean {
  return /^(text|character varying(\(\d+\))?)$/.test(type)
}
