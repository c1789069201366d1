import type { DataSource, EntityManager } from 'typeorm'
import { OperatorError } from '../error-facts.ts'
import { OPERATOR } from '../ledger/ledger.ts'
import { type BrakeWorld, pauseNow, resumeNow } from './pause.ts'
import { findPersonalDataInPause } from './reason.ts'

// The brake from the command line. Who has the database's password needs nobody's leave; it is in the ledger all the same.

/** @param alertChannel where it is told; empty for nowhere. Answers whether the bot was paused already. */
export async function pauseAsOperator(database: DataSource, alertChannel: string, reason: string): Promise<boolean> {
  return database.transaction(async (sql) => {
    const personal = await findPersonalDataInPause(sql, reason)
    if (personal) throw new OperatorError(`Remove the trainee’s ${personal}: everybody can read the reason.`)
    const { was } = await pauseNow(await worldAt(sql, alertChannel), sql, OPERATOR, reason)
    return was !== null
  })
}

/** Answers whether the bot was paused. */
export async function resumeAsOperator(database: DataSource, alertChannel: string): Promise<boolean> {
  return database.transaction(async (sql) => resumeNow(await worldAt(sql, alertChannel), sql, OPERATOR))
}

/** The brake's world for who has only the database. */
export async function worldAt(sql: EntityManager, alertChannel: string): Promise<BrakeWorld> {
  const [row] = await sql.query<{ now: Date }[]>('SELECT clock_timestamp() AS now')
  const now = row?.now
  if (!now) throw new Error('the database did not say what time it is')
  return { now: () => now, alertChannel }
}
