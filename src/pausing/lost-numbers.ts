import type { EntityManager } from 'typeorm'

/** More requests, alerts or waits than were made since the backup. */
const LEFT_OUT = 1_000

/**
 * Leaves out the numbers that may have been given after a backup was made. What was lost with them still stands in Slack, and
 * each of its buttons names only a number: it must find nothing, and not something else by the same number.
 */
export async function leaveOutNumbers(sql: EntityManager): Promise<void> {
  await sql.query(TAKEN, [LEFT_OUT, ['change_requests', 'alerts', 'school_waits'].map((table) => `chatops.${table}`)])
}

// nextval needs only the right that inserting a row needs, too. A number that was taken is not given back by a rollback.
const TAKEN = `
  SELECT count(nextval(pg_get_serial_sequence(name, 'id'))) FROM unnest($2::text[]) AS name, generate_series(1, $1)`
