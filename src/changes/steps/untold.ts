import type { EntityManager } from 'typeorm'

/**
 * Whether the thread has yet to say what is left to do by hand, which follows what came of the request. Earlier versions
 * said it as soon as the changes were made.
 */
export async function areStepsUntold(sql: EntityManager, changeRequest: string): Promise<boolean> {
  const [row] = await sql.query<{ untold: boolean }[]>(UNTOLD, [changeRequest])
  return row?.untold ?? false
}

const UNTOLD = `
  SELECT EXISTS (SELECT FROM chatops.manual_steps WHERE change_request_id = $1 AND needed_until IS NULL)
    AND NOT EXISTS (
      SELECT FROM chatops.outbox WHERE change_request_id = $1 AND payload ->> 'part' IN ('steps', 'manual-steps')
    ) AS untold`
