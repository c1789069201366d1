import type { EntityManager } from 'typeorm'

/** What these rows waited for is there: they can go at once. */
export async function wakeOutbox(sql: EntityManager, waitsFor: string): Promise<void> {
  await sql.query(
    `UPDATE chatops.outbox SET due_at = now() WHERE status = 'queued' AND waits_for = $1 AND due_at > now()`,
    [waitsFor],
  )
}
