import type { DataSource, EntityManager } from 'typeorm'

/** Runs `read` in a snapshot that cannot write: Postgres refuses it. */
export function inSnapshot<T>(database: DataSource, read: (sql: EntityManager) => Promise<T>): Promise<T> {
  return database.transaction('REPEATABLE READ', async (sql) => {
    await sql.query('SET TRANSACTION READ ONLY')
    return read(sql)
  })
}
