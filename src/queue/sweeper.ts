import type { ChangesContext } from '../changes/context.ts'
import { expireRequests, findDrift, hintAgain, purge, VERIFY_BATCH, verifyDue } from '../changes/sweep.ts'
import { startLoop } from './loop.ts'

const SECOND = 1_000

/** Everything that happens without anyone clicking. `verifySoon` has fresh results looked at now. */
export type Sweepers = { verifySoon: () => void; stop: () => Promise<void> }

/** @param settings.nudge called when a sweep has left something in the outbox */
export function startSweepers(context: ChangesContext, settings: { retention: number; nudge: () => void }): Sweepers {
  const sweep = (name: string, every: number, round: () => Promise<number>, batch = Number.POSITIVE_INFINITY) =>
    startLoop(context.log, name, every, async () => {
      const swept = await round()
      if (swept > 0) settings.nudge()
      return swept >= batch
    })
  const verification = sweep('verification', SECOND, () => verifyDue(context), VERIFY_BATCH)
  const loops = [
    verification,
    sweep('expiry', 2 * SECOND, () => expireRequests(context)),
    sweep('hint again', 5 * SECOND, () => hintAgain(context)),
    sweep('drift', 30 * SECOND, () => findDrift(context)),
    sweep('purge', 3600 * SECOND, () => purge(context, settings.retention)),
  ]
  return {
    verifySoon: verification.nudge,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}
