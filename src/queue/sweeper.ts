import { findUnpolled, lookAtAlerts } from '../alerts/sweeps.ts'
import type { ChangesContext } from '../changes/context.ts'
import { expireRequests, findDrift, hintAgain, purge, VERIFY_BATCH, verifyDue } from '../changes/sweep.ts'
import type { JobQueues } from './job-queues.ts'
import { HINT_BATCH, hintLateJobs } from './job-sweeps.ts'
import { type Loop, startLoop } from './loop.ts'

const SECOND = 1_000

/** Everything that happens without anyone clicking. `verifySoon` has fresh results looked at now. */
export type Sweepers = { verifySoon: () => void; stop: () => Promise<void> }

/** @param settings.nudge called when a sweep has left something in the outbox */
export function startSweepers(
  context: ChangesContext,
  queues: JobQueues,
  settings: { retention: number; nudge: () => void },
): Sweepers {
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
    ...(context.register.runsJobs ? jobSweeps(context, queues, sweep) : []),
  ]
  return {
    verifySoon: verification.nudge,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

type Sweep = (name: string, every: number, round: () => Promise<number>, batch?: number) => Loop

function jobSweeps(context: ChangesContext, queues: JobQueues, sweep: Sweep): Loop[] {
  return [
    sweep('late jobs', 5 * SECOND, () => hintLateJobs(context, queues), HINT_BATCH),
    sweep('unpolled trainees', 600 * SECOND, () => findUnpolled(context)),
    sweep('alerts', 5 * SECOND, () => lookAtAlerts(context)),
    sweep('schedules', 60 * SECOND, () => keepSchedules(queues)),
  ]
}

/** In London, as Register synchronises schools. */
const NIGHTLY = '0 4 * * *'

/** The queue may have lost its schedules with its keys. */
async function keepSchedules(queues: JobQueues): Promise<number> {
  await queues.schedule('sync-schools', NIGHTLY)
  return 0
}
