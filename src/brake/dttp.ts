import type { DttpClient } from '../dttp/client/index.ts'
import type { World } from '../world.ts'
import { mayAct, Paused } from './brake.ts'

/** The client, but for its writes: each looks at the brake just before it is sent, and throws Paused. */
export function withBrake(dttp: DttpClient, world: Pick<World, 'database' | 'mode'>): DttpClient {
  const unlessPaused =
    <A extends unknown[], T>(write: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (!(await mayAct(world))) throw new Paused()
      return write(...args)
    }
  return {
    ...dttp,
    createInBatch: unlessPaused(dttp.createInBatch),
    updateContact: unlessPaused(dttp.updateContact),
    updatePlacementAssignment: unlessPaused(dttp.updatePlacementAssignment),
  }
}
