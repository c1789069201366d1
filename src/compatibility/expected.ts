import type { DataSource, EntityMetadata } from 'typeorm'
import type { RegisterTable } from './touched.ts'

/** A column as this version of the bot knows it. */
export type ExpectedColumn = { name: string; type: string; isRequired: boolean }

export type ExpectedTables = Readonly<Record<RegisterTable, readonly ExpectedColumn[]>>

/** Register's tables as the entities have them: what TypeORM selects when it reads a row. */
export function expectedTables({ entityMetadatas }: DataSource): ExpectedTables {
  const ofRegister = entityMetadatas
    .filter(({ schema }) => schema === 'public')
    .sort((one, other) => (one.tableName < other.tableName ? -1 : 1))
  // The table of what is touched names every entity of Register's: test/compatibility sees to it.
  return Object.fromEntries(ofRegister.map((table) => [table.tableName, columnsOf(table)])) as unknown as ExpectedTables
}

function columnsOf({ columns }: EntityMetadata): ExpectedColumn[] {
  return columns.map(({ databaseName, type, isNullable }) => ({
    name: databaseName,
    type: IN_POSTGRES[String(type)] ?? String(type),
    isRequired: !isNullable,
  }))
}

/** The types that Postgres gives another name. Rails' timestamps keep microseconds, as Postgres does by itself. */
const IN_POSTGRES: Readonly<Record<string, string>> = {
  varchar: 'character varying',
  timestamp: 'timestamp without time zone',
}
