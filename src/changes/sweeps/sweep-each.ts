import type { EntityManager } from 'typeorm'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { selectRow } from '../../entities/select-rows.ts'
import type { World } from '../../world.ts'

// How a sweep goes over requests: each on its own, locked by one worker.

/** Sweeps one request, or null for many. An error is logged, so that the other requests still have their turn. */
export async function alone<T>(world: World, id: string | null, sweep: () => Promise<T>): Promise<T | null> {
  try {
    return await sweep()
  } catch (error) {
    world.log.error({ changeRequest: id, error: error instanceof Error ? error.name : 'unknown' }, 'a sweep failed')
    return null
  }
}

/** The numbers of requests of which this is so. */
export async function findIds(world: World, where: string, parameters: unknown[], order = 'id'): Promise<string[]> {
  const rows = await world.database.query<{ id: string }[]>(
    `SELECT id FROM chatops.change_requests WHERE ${where} ORDER BY ${order}, id`,
    parameters,
  )
  return rows.map(({ id }) => id)
}

/**
 * Runs `act` on each request that is still in one of these states once it is locked. A card that is being drawn locks its
 * request for a moment, which must not put off the sweep to the next round; an execution that has begun is left alone.
 */
export async function sweepEach(
  world: World,
  ids: readonly string[],
  statuses: readonly ChangeRequest['status'][],
  onLocked: 'wait' | 'skip_locked',
  act: (sql: EntityManager, request: ChangeRequest) => Promise<void>,
): Promise<number> {
  let swept = 0
  for (const id of ids) {
    if (world.stopping?.aborted) break
    await alone(world, id, () =>
      world.database.transaction(async (sql) => {
        const locked = `WHERE id = $1 FOR UPDATE ${onLocked === 'wait' ? '' : 'SKIP LOCKED'}`
        const request = await selectRow(sql, ChangeRequest, locked, [id])
        if (!request || !statuses.includes(request.status)) return
        await act(sql, request)
        swept++
      }),
    )
  }
  return swept
}
