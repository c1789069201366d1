import type { DataSource, EntityManager } from 'typeorm'

/**
 * Runs `read` in a snapshot that cannot write: Postgres refuses it. TypeORM's own transactions would take three statements to
 * begin it.
 */
export async function inSnapshot<T>(database: DataSource, read: (sql: EntityManager) => Promise<T>): Promise<T> {
  const runner = database.createQueryRunner()
  try {
    await runner.query('START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const found = await read(runner.manager)
    await runner.query('COMMIT')
    return found
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => {}) // gone with its session
    throw error
  } finally {
    await runner.release()
  }
}
