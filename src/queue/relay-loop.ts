import type { OutboxKind } from '../outbox/add.ts'
import { createRelay, type Effects } from '../outbox/relay.ts'
import type { World } from '../world.ts'
import { createPace, type Loop, type Pace, startLoop } from './loop.ts'

/** How often the outbox is looked at although nobody has said that there is anything in it. */
export const RELAY_EVERY_MS = 400

/**
 * Sends outbox rows until it is stopped: at once when nudged, otherwise a few times a second, or every two seconds when
 * there was nothing to send for a while.
 */
export function startRelay(
  world: World,
  effects: Effects,
  isOpen?: (kind: OutboxKind) => boolean,
  pace: Pace = createPace(),
): Loop {
  const relay = createRelay(world, effects, isOpen)
  const loop: Loop = startLoop(world.log, 'outbox relay', { interval: RELAY_EVERY_MS, pace }, async () => {
    await world.clicksPassed?.()
    return relay.sendDue(() => loop.nudge())
  })
  return {
    nudge: loop.nudge,
    async stop() {
      await loop.stop()
      await relay.settled()
    },
  }
}
