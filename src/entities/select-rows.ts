import type { EntityManager, EntityMetadata } from 'typeorm'
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js'

/**
 * Reads whole rows of an entity, as `find` does, for what is read with each click: its statement and the columns of its rows
 * are worked out once, and not each time.
 * @param rest what stands behind FROM; its parameters begin at $1
 */
export async function selectRows<E extends object>(
  sql: EntityManager,
  entity: new () => E,
  rest: string,
  parameters: readonly unknown[],
): Promise<E[]> {
  const metadata = sql.connection.getMetadata(entity)
  const found = await sql.query<Record<string, unknown>[]>(`${selectWhole(metadata)} ${rest}`, [...parameters])
  return found.map((row) => asEntity(sql, entity, row))
}

/** The same for a single row. */
export async function selectRow<E extends object>(
  sql: EntityManager,
  entity: new () => E,
  rest: string,
  parameters: readonly unknown[],
): Promise<E | null> {
  const [row] = await selectRows(sql, entity, rest, parameters)
  return row ?? null
}

/** The same with some columns only, where a row has many. */
export async function selectColumns<E extends object, Name extends keyof E & string>(
  sql: EntityManager,
  entity: new () => E,
  names: readonly Name[],
  rest: string,
  parameters: readonly unknown[],
): Promise<Pick<E, Name>[]> {
  const metadata = sql.connection.getMetadata(entity)
  const columns = names.flatMap((name) => metadata.findColumnWithPropertyName(name) ?? [])
  const found = await sql.query<Record<string, unknown>[]>(`${selectOf(metadata, columns)} ${rest}`, [...parameters])
  return found.map((row) => Object.fromEntries(hydrated(metadata, columns, row)) as Pick<E, Name>) // these names
}

const selects = new WeakMap<EntityMetadata, string>()

function selectWhole(metadata: EntityMetadata): string {
  const known = selects.get(metadata)
  if (known) return known
  const select = selectOf(metadata, metadata.columns)
  selects.set(metadata, select)
  return select
}

function selectOf({ schema, tableName }: EntityMetadata, columns: readonly ColumnMetadata[]): string {
  const names = columns.map(({ databaseName }) => `"${databaseName}"`)
  return `SELECT ${names.join(', ')} FROM "${schema}"."${tableName}"`
}

/** A row as it came from the database, whole, with each value as its column has it. */
export function asEntity<E extends object>(sql: EntityManager, entity: new () => E, row: Record<string, unknown>): E {
  const metadata = sql.connection.getMetadata(entity)
  return Object.assign(new entity(), Object.fromEntries(hydrated(metadata, metadata.columns, row)))
}

function hydrated(
  { connection }: EntityMetadata,
  columns: readonly ColumnMetadata[],
  row: Record<string, unknown>,
): [string, unknown][] {
  const { driver } = connection
  return columns.map((column) => [column.propertyName, driver.prepareHydratedValue(row[column.databaseName], column)])
}

/** Adds a row and answers it as the database has it; what is not given has its column's default. */
export async function insertRow<E extends object>(
  sql: EntityManager,
  entity: new () => E,
  values: Partial<E>,
): Promise<E> {
  const { columns, connection, schema, tableName } = sql.connection.getMetadata(entity)
  const given = columns.filter(({ propertyName }) => values[propertyName as keyof E] !== undefined)
  const names = given.map(({ databaseName }) => `"${databaseName}"`).join(', ')
  const places = given.map((_, index) => `$${index + 1}`).join(', ')
  const parameters = given.map((column) =>
    connection.driver.preparePersistentValue(values[column.propertyName as keyof E], column),
  )
  const insert = `INSERT INTO "${schema}"."${tableName}" (${names}) VALUES (${places}) RETURNING *`
  const [row = {}] = await sql.query<Record<string, unknown>[]>(insert, parameters)
  return asEntity(sql, entity, row)
}
