import { QueryFailedError, type QueryRunner, TypeORMError } from 'typeorm'

// Takes values out of Postgres' errors. Its messages quote them ("invalid input syntax for type date: …", "Key
// (email)=(…) already exists"), and TypeORM keeps the parameters of a statement that failed. Neither is passed on.

/** What Postgres calls the errors that people look for, by SQLSTATE (appendix A of its manual). */
const CONDITIONS: Readonly<Record<string, string>> = {
  '22P02': 'invalid text representation',
  '23502': 'not null violation',
  '23503': 'foreign key violation',
  '23505': 'unique violation',
  '23514': 'check violation',
  '25006': 'read-only transaction',
  '40001': 'serialization failure',
  '40P01': 'deadlock detected',
  '42501': 'permission denied',
  '42703': 'undefined column',
  '42P01': 'undefined table',
  '55P03': 'lock not available',
  '57014': 'query canceled',
  P0001: 'raised by a function, not by Postgres itself',
}

/** What pg says when a session is lost; these texts are its own and quote nothing. */
const LOST =
  /^(?:Connection terminated(?: unexpectedly| due to connection timeout)?|timeout exceeded when trying to connect|Client (?:has encountered a connection error and is not queryable|was closed and is not queryable))$/

/** An error of Postgres, or of the way to it: its SQLSTATE (or the network's code), and the names that go with it. */
export class DatabaseError extends Error {
  readonly code: string
  readonly constraint: string | null
  readonly table: string | null
  readonly column: string | null

  constructor(error: unknown) {
    const { code, constraint, table, column, message } = error as Readonly<Record<string, unknown>>
    const text = (value: unknown) => (typeof value === 'string' ? value : null)
    const known = text(code) ?? 'unknown'
    const lost = LOST.exec(text(message) ?? '')?.[0]
    const names = [constraint ?? column ?? table].flatMap((name) => text(name) ?? [])
    super([lost ?? CONDITIONS[known] ?? 'failed', `(${[known, ...names].join(' ')})`].join(' '))
    this.name = 'DatabaseError'
    this.code = known
    this.constraint = text(constraint)
    this.table = text(table)
    this.column = text(column)
  }
}

/** Has every statement of a session throw without values: TypeORM's QueryFailedError around a DatabaseError. */
export function withoutValues(runner: QueryRunner): QueryRunner {
  const query = runner.query.bind(runner)
  runner.query = async (...statement: Parameters<typeof query>) => {
    try {
      return await query(...statement)
    } catch (error) {
      throw valueless(error)
    }
  }
  return runner
}

/** The same error without what it quotes. TypeORM's own errors speak of its use only. */
function valueless(error: unknown): unknown {
  if (error instanceof QueryFailedError) return new QueryFailedError('', [], new DatabaseError(error.driverError))
  return error instanceof TypeORMError ? error : new DatabaseError(error)
}
