import type { DataSource } from 'typeorm'
import { createDataSource } from '../entities/data-source.ts'
import { OperatorError } from '../error-facts.ts'

/** Runs a command on the database of DATABASE_URL, unless another is given. */
export async function withDatabase<T>(
  act: (database: DataSource) => Promise<T>,
  url = requireUrl('DATABASE_URL'),
): Promise<T> {
  const database = await createDataSource(url, 1).initialize()
  try {
    return await act(database)
  } finally {
    await database.destroy()
  }
}

export function requireUrl(name: string): string {
  return requireSetting(name, 'a postgres:// URL')
}

/** A setting that a command cannot do without; throws and says what it is to be. */
export function requireSetting(name: string, what: string): string {
  const value = process.env[name]
  if (!value) throw new OperatorError(`Set ${name} to ${what}.`)
  return value
}
