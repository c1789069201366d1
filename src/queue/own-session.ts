import pg from 'pg'
import { describeError, OperatorError } from '../error-facts.ts'

/** A notification that arrives at all arrives within milliseconds. */
const WAIT_MS = 3_000
const CHANNEL = 'chatops_own_session'

/** BullMQ names its tables without their schema. */
const SCHEMA = 'bullmq'
/** What the queue's sessions begin with. */
export const SESSION_OPTIONS = `-c search_path=${SCHEMA}`

const NEEDED =
  'QUEUE_BACKEND=postgres needs connections that keep their session and the options it began with, and these do not: they go through a pooler (PgBouncer?). Set QUEUE_DATABASE_URL to the database itself, or use Redis'

/**
 * Throws unless a connection to this URL keeps its session from one transaction to the next: BullMQ on Postgres listens for
 * notifications, and finds its tables by a search_path that is asked for when it connects.
 */
export async function demandOwnSession(connectionString: string): Promise<void> {
  const listener = new pg.Client({ connectionString, options: SESSION_OPTIONS, connectionTimeoutMillis: WAIT_MS })
  const other = new pg.Client({ connectionString, connectionTimeoutMillis: WAIT_MS })
  for (const client of [listener, other]) client.on('error', () => {})
  try {
    await Promise.all([listener.connect(), other.connect()])
    const heard = new Promise<boolean>((resolve) => {
      listener.once('notification', () => resolve(true))
      setTimeout(() => resolve(false), WAIT_MS).unref()
    })
    await listener.query(`LISTEN ${CHANNEL}`)
    await other.query(`NOTIFY ${CHANNEL}`)
    const { rows } = await listener.query<{ search_path: string }>('SHOW search_path')
    if (!(await heard) || rows[0]?.search_path !== SCHEMA) throw new OperatorError(NEEDED)
  } catch (error) {
    if ((error as { code?: unknown }).code === UNKNOWN_PARAMETER) throw new OperatorError(NEEDED)
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`the queue’s database cannot be reached: ${describeError(error)}`)
  } finally {
    await Promise.allSettled([listener.end(), other.end()])
  }
}

/** What PgBouncer says of a parameter that it would have to pass on. */
const UNKNOWN_PARAMETER = '08P01'
