import type { BeforeSending, DttpClient } from '../dttp/client/index.ts'
import type { World } from '../world.ts'
import { mayAct, Paused } from './brake.ts'

/**
 * The client, but for its writes: each looks at the brake when nothing is left to wait for, and throws Paused. So what
 * waited for DTTP or for a token does not leave after a pause, and neither does a repetition.
 */
export function withBrake(dttp: DttpClient, world: Pick<World, 'database' | 'mode'>): DttpClient {
  const lookLast =
    (beforeSending?: BeforeSending): BeforeSending =>
    async () => {
      await beforeSending?.()
      if (!(await mayAct(world))) throw new Paused()
    }
  return {
    ...dttp,
    createInBatch: (parts, beforeSending) => dttp.createInBatch(parts, lookLast(beforeSending)),
    updateContact: (id, body, etag, beforeSending) => dttp.updateContact(id, body, etag, lookLast(beforeSending)),
    updatePlacementAssignment: (id, body, etag, beforeSending) =>
      dttp.updatePlacementAssignment(id, body, etag, lookLast(beforeSending)),
  }
}
