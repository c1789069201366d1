import type { ChangesContext } from '../changes/context.ts'
import { expireRequests, findDrift, hintAgain, purge, verifyDue } from '../changes/sweep.ts'
import { type Loop, startLoop } from './loop.ts'

const SECOND = 1_000

/** Starts everything that happens without anyone clicking. */
export function startSweepers(context: ChangesContext, settings: { retention: number; nudge: () => void }): Loop[] {
  const sweep = (name: string, every: number, round: () => Promise<number>) =>
    startLoop(context.log, name, every, async () => {
      if ((await round()) > 0) settings.nudge()
      return false
    })
  return [
    sweep('verification', SECOND, () => verifyDue(context)),
    sweep('expiry', 2 * SECOND, () => expireRequests(context)),
    sweep('hint again', 5 * SECOND, () => hintAgain(context)),
    sweep('drift', 30 * SECOND, () => findDrift(context)),
    sweep('purge', 3600 * SECOND, () => purge(context, settings.retention)),
  ]
}
