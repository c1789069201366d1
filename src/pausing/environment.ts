import type { DataSource, EntityManager } from 'typeorm'
import { OperatorError } from '../error-facts.ts'
import { appendToLedger, OPERATOR } from '../ledger/ledger.ts'
import { leaveOutNumbers } from './lost-numbers.ts'
import { worldAt } from './operator.ts'
import { pauseNow } from './pause.ts'

// A database belongs to one environment. A copy of it, restored elsewhere, still says where it came from.

/**
 * Stamps a database that nobody has used yet. Throws if it belongs to another environment: such a process must neither
 * send its messages nor carry anything out.
 */
export async function demandEnvironment(database: DataSource, environment: string): Promise<void> {
  await database.query('UPDATE chatops.identity SET environment = $1 WHERE environment IS NULL', [environment])
  await refuseForeign(database, environment)
}

/** The same for a command of an operator's, which stamps nothing. */
export async function refuseForeign(database: DataSource, environment: string): Promise<void> {
  const stamped = await readStamp(database.manager)
  if (stamped === null || stamped === environment) return
  throw new OperatorError(
    `the database belongs to the environment “${stamped}”, and ENVIRONMENT is “${environment}”. ` +
      'If it is a copy on purpose, run bin/chatops adopt',
  )
}

/** Something that waits for the bot to go on: how often, and for which requests (numbers, separated by commas). */
export type Waiting = { what: string; count: string; requests: string | null }

/**
 * Stamps a copy anew, for an operator. It is paused in the same transaction, its messages included. Answers what it would
 * do and send: what the original had not done when it was copied.
 */
export async function adopt(database: DataSource, environment: string, alertChannel: string): Promise<Waiting[]> {
  return database.transaction(async (sql) => {
    const from = await readStamp(sql)
    await sql.query('UPDATE chatops.identity SET environment = $1', [environment])
    const waiting = await sql.query<Waiting[]>(WAITING)
    await leaveOutNumbers(sql)
    const reason = `This database was taken over by ${environment}. What waits in it is from before.`
    await pauseNow(await worldAt(sql, alertChannel), sql, OPERATOR, reason, { holdsMessages: true })
    const details = { from, to: environment }
    await appendToLedger(sql, { changeRequest: null, event: 'adopted', actor: OPERATOR, details })
    return waiting
  })
}

async function readStamp(sql: EntityManager): Promise<string | null> {
  const [row] = await sql.query<{ environment: string | null }[]>('SELECT environment FROM chatops.identity')
  if (!row) throw new OperatorError('chatops.identity is empty: run the migrations')
  return row.environment
}

const WAITING = `
  SELECT 'requests to carry out' AS what, count(*), string_agg(id::text, ',' ORDER BY id) AS requests
    FROM chatops.change_requests WHERE status = 'approved' HAVING count(*) > 0
  UNION ALL
  SELECT 'jobs: ' || name, count(*), string_agg(DISTINCT change_request_id::text, ',') FROM chatops.jobs
    WHERE status IN ('waiting', 'running') GROUP BY name
  UNION ALL
  SELECT 'outbox: ' || kind, count(*), string_agg(DISTINCT change_request_id::text, ',') FROM chatops.outbox
    WHERE status IN ('queued', 'sending') GROUP BY kind
  ORDER BY what`
