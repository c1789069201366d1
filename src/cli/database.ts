import type { DataSource } from 'typeorm'
import { readEnvironment } from '../config/index.ts'
import { createDataSource } from '../entities/data-source.ts'
import { OperatorError } from '../error-facts.ts'
import { refuseForeign } from '../pausing/environment.ts'

/** Runs a command on the database of DATABASE_URL, unless another is given. */
export async function withDatabase<T>(
  act: (database: DataSource) => Promise<T>,
  url = requireUrl('DATABASE_URL'),
): Promise<T> {
  const database = await createDataSource(url, 2).initialize()
  try {
    return await act(database)
  } finally {
    await database.destroy()
  }
}

/** The same for a command that changes something: the database must belong to ENVIRONMENT, as for the bot itself. */
export async function withOwnDatabase<T>(act: (database: DataSource) => Promise<T>): Promise<T> {
  const environment = readEnvironment(process.env['ENVIRONMENT'])
  return withDatabase(async (database) => {
    await refuseForeign(database, environment)
    return act(database)
  })
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
