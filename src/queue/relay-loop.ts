import type { OutboxKind } from '../outbox/outbox.ts'
import { createRelay, type Effects } from '../outbox/relay.ts'
import type { World } from '../world.ts'
import { type Loop, startLoop } from './loop.ts'

const EVERY_MS = 200

/** Sends outbox rows until it is stopped: at once when nudged, and otherwise several times a second. */
export function startRelay(world: World, effects: Effects, isOpen?: (kind: OutboxKind) => boolean): Loop {
  const relay = createRelay(world, effects, isOpen)
  const loop: Loop = startLoop(world.log, 'outbox relay', EVERY_MS, () => relay.sendDue(() => loop.nudge()))
  return {
    nudge: loop.nudge,
    async stop() {
      await loop.stop()
      await relay.settled()
    },
  }
}
