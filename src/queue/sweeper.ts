import { findUnpolled, lookAtAlerts } from '../alerts/sweeps.ts'
import type { ChangesContext } from '../changes/context.ts'
import { followUpSchools } from '../changes/school-follow-ups.ts'
import { purgeWaits, tellArrivals } from '../changes/school-waits.ts'
import { expireRequests, findDrift, hintAgain, purge, VERIFY_BATCH, verifyDue } from '../changes/sweep.ts'
import { createFirstGiasLoad } from './first-gias-load.ts'
import type { JobQueues } from './job-queues.ts'
import { HINT_BATCH, hintLateJobs } from './job-sweeps.ts'
import { startLoop } from './loop.ts'

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
    sweep('late jobs', 5 * SECOND, () => hintLateJobs(context, queues), HINT_BATCH),
    sweep('schedules', 60 * SECOND, () => keepSchedules(context, queues)),
    sweep('first GIAS load', 5 * SECOND, createFirstGiasLoad(context)),
    sweep('schools that arrived', 30 * SECOND, () => tellArrivals(context)),
    sweep('schools after a sync', 60 * SECOND, () => followUpSchools(context)),
    sweep('purge of waits', 3600 * SECOND, () => purgeWaits(context, settings.retention)),
    sweep('alerts', 5 * SECOND, () => lookAtAlerts(context)),
    ...(context.register.runsJobs ? [sweep('unpolled trainees', 600 * SECOND, () => findUnpolled(context))] : []),
  ]
  return {
    verifySoon: verification.nudge,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

/** In London, as Register synchronises schools; GIAS makes its extract in the night, too. */
const NIGHTLY = { 'sync-schools': '0 4 * * *', 'load-gias': '0 5 * * *' } as const

/** The queue may have lost its schedules with its keys. */
async function keepSchedules({ register }: ChangesContext, queues: JobQueues): Promise<number> {
  if (register.runsJobs) await queues.schedule('sync-schools', NIGHTLY['sync-schools'])
  await queues.schedule('load-gias', NIGHTLY['load-gias'])
  return 0
}
