import type { EntityManager, EntityMetadata } from 'typeorm'

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
  const found = await sql.query<Record<string, unknown>[]>(`${selectOf(metadata)} ${rest}`, [...parameters])
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

const selects = new WeakMap<EntityMetadata, string>()

function selectOf(metadata: EntityMetadata): string {
  const known = selects.get(metadata)
  if (known) return known
  const columns = metadata.columns.map(({ databaseName }) => `"${databaseName}"`)
  const select = `SELECT ${columns.join(', ')} FROM "${metadata.schema}"."${metadata.tableName}"`
  selects.set(metadata, select)
  return select
}

/** A row as it came from the database, whole, with each value as its column has it. */
export function asEntity<E extends object>(sql: EntityManager, entity: new () => E, row: Record<string, unknown>): E {
  const { columns, connection } = sql.connection.getMetadata(entity)
  const values = columns.map((column) => [
    column.propertyName,
    connection.driver.prepareHydratedValue(row[column.databaseName], column),
  ])
  return Object.assign(new entity(), Object.fromEntries(values))
}
