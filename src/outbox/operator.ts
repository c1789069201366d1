import type { DataSource } from 'typeorm'
import { In, Not } from 'typeorm'
import { OutboxRow } from '../entities/chatops/outbox-row.ts'

// What operators see of the outbox, and the one thing they can do: have a row tried again.

/** Rows that wait for an operator or were given up, and those that have failed for a while; oldest first. */
export function listTroubled(database: DataSource): Promise<OutboxRow[]> {
  return database.manager
    .createQueryBuilder(OutboxRow, 'row')
    .where(`row.status IN ('waiting', 'failed') OR row.status = 'queued' AND row.last_error IS NOT NULL`)
    .orderBy('row.seq')
    .getMany()
}

/**
 * Has these rows tried again at once, or every one that waits for an operator. A Trello card that was given up is not: people
 * were asked to add it by hand, and would find two. Returns how many that were.
 */
export async function retry(database: DataSource, ids: readonly string[] | 'all'): Promise<number> {
  const id = In([...ids])
  const which =
    ids === 'all'
      ? { status: 'waiting' as const }
      : [
          { id, status: In(['waiting', 'queued']) },
          { id, status: 'failed' as const, kind: Not('trello') },
        ]
  const again = { status: 'queued' as const, dueAt: () => 'now()', failingSince: null, waitsFor: null }
  const { affected } = await database.manager.update(OutboxRow, which, again)
  return affected ?? 0
}
