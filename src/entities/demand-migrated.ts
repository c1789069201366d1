import type { DataSource } from 'typeorm'
import { OperatorError } from '../error-facts.ts'

/**
 * Throws where our tables are those of an earlier version, as in a backup from before an upgrade. Tables of a later version
 * are all right: during an upgrade both run.
 */
export async function demandMigrated(database: DataSource): Promise<void> {
  const done = await database.query<{ name: string }[]>('SELECT name FROM chatops.migrations')
  const names = new Set(done.map(({ name }) => name))
  const missing = database.migrations.filter(({ name }) => name !== undefined && !names.has(name))
  if (missing.length === 0) return
  throw new OperatorError(
    `the database’s tables are those of an earlier version of the bot (migrations that are missing: ${missing.length}). Run bin/chatops migrate`,
  )
}
