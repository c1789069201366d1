import type { EntityManager } from 'typeorm'
import { isOfSchema } from '../../entities/transient.ts'
import type { World } from '../../world.ts'

/**
 * The answer, or another one where Register's tables are not as the bot knows them: then less is known of jobs, but where
 * they are is known all the same, and playbooks that are safe go on.
 */
export async function unlessMoved<T>({ log }: Pick<World, 'log'>, otherwise: T, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (!isOfSchema(error)) throw error
    log.warn('less is known of the jobs in Register’s Sidekiq: its database is not as the bot knows it')
    return otherwise
  }
}

/** The same within a transaction, which goes on where a look has failed. */
export function unlessMovedWithin<T>(
  world: Pick<World, 'log'>,
  sql: EntityManager,
  otherwise: T,
  look: (sql: EntityManager) => Promise<T>,
): Promise<T> {
  return unlessMoved(world, otherwise, () => sql.transaction(look)) // a savepoint
}
