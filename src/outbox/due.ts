import type { EntityManager } from 'typeorm'

/** What these rows waited for is there: they can go at once. */
export async function wakeOutbox(sql: EntityManager, waitsFor: string): Promise<void> {
  await sql.query(
    `UPDATE chatops.outbox SET due_at = now() WHERE status = 'queued' AND waits_for = $1 AND due_at > now()`,
    [waitsFor],
  )
}

/** Has the one message of a stream sent from then on, or at once where that is null, unless it was tried already. */
export async function postFirstFrom(sql: EntityManager, stream: string, from: Date | null): Promise<void> {
  await sql.query(from ? LATER : AT_ONCE, from ? [stream, from] : [stream])
}

const UNTRIED = `stream = $1 AND status = 'queued' AND attempts = 0`
const LATER = `UPDATE chatops.outbox SET due_at = $2 WHERE ${UNTRIED} AND due_at <= now()`
const AT_ONCE = `UPDATE chatops.outbox SET due_at = now() WHERE ${UNTRIED} AND due_at > now()`
