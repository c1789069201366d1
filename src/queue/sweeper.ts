import { reportAnswers } from '../alerts/news/answers.ts'
import { findHanging } from '../alerts/news/hanging.ts'
import { NEWS_BATCH, tellOfMirrored } from '../alerts/news/mirrored.ts'
import { noteBeside } from '../alerts/sight/beside.ts'
import { createUnpolledSweep, lookAtAlerts, UNPOLLED_PARTS } from '../alerts/sweeps.ts'
import { remindApprovers } from '../changes/propose/call.ts'
import { verifyAgain } from '../changes/requests.ts'
import { dropNeedlessSteps } from '../changes/steps/manual-steps.ts'
import { catchUp } from '../changes/sweeps/catch-up.ts'
import { createDriftSweep } from '../changes/sweeps/drift.ts'
import { sayMorning } from '../changes/sweeps/morning.ts'

import { expireRequests, hintAgain, purge, tellWhatIsOff, VERIFY_BATCH, verifyDue } from '../changes/sweeps/sweep.ts'
import { followUpSchools } from '../changes/verify/school-follow-ups.ts'
import { isReadingDue, READ_EVERY_MS } from '../jobs/mirror/age.ts'
import { endMirror, forgetReading, isMirrorLeft } from '../jobs/mirror/end.ts'
import { createMirrorPurge } from '../jobs/mirror/purge.ts'
import { sweepSidekiq } from '../jobs/mirror/sweep.ts'
import { LATE_BATCH } from '../jobs/run/late.ts'
import { createFirstGiasLoad } from '../jobs/start/first-gias-load.ts'
import { runnerOf } from '../jobs/start/runner.ts'
import { purgeWaits, tellArrivals } from '../schools/waits.ts'
import type { SidekiqClient } from '../sidekiq/index.ts'
import type { World } from '../world.ts'
import type { JobQueues } from './job-queues.ts'
import { hintLateJobs } from './job-sweeps.ts'
import { type Pace, startLoop } from './loop.ts'
import { createPurge } from './purge.ts'

const SECOND = 1_000

/** Everything that happens without anyone clicking. `verifySoon` has new results looked at right away. */
export type Sweepers = { verifySoon: () => void; stop: () => Promise<void> }

/** Something that is looked at every so many milliseconds; `round` answers how much there was to do. */
type Sweep = {
  name: string
  every: number
  round: () => Promise<number>
  /** Where a round did so much, there may be more. */
  batch?: number
}

/** @param settings.nudge called when a sweep has left something in the outbox */
export function startSweepers(
  world: World,
  queues: JobQueues,
  settings: { retention: number; pace: Pace; nudge: () => void },
): Sweepers {
  const start = ({ name, every, round, batch = Number.POSITIVE_INFINITY }: Sweep) =>
    startLoop(world.log, name, { interval: every, pace: settings.pace }, async () => {
      await world.clicksPassed?.()
      const swept = await round()
      if (swept > 0) settings.nudge()
      return swept >= batch
    })
  const verification = start(verificationOf(world))
  const loops = [verification, ...sweepsOf(world, queues, settings.retention).map(start)]
  return {
    verifySoon: verification.nudge,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

export function verificationOf(world: World): Sweep {
  return { name: 'verification', every: SECOND, round: () => verifyDue(world), batch: VERIFY_BATCH }
}

/** All others. */
export function sweepsOf(world: World, queues: JobQueues, retention: number): Sweep[] {
  const { sidekiq } = world.upstreams
  const sweep = (name: string, every: number, round: () => Promise<number>, rest: Partial<Sweep> = {}): Sweep => ({
    ...{ name, every, round },
    ...rest,
  })
  return [
    sweep('expiry', 2 * SECOND, () => expireRequests(world)),
    sweep('hint again', 5 * SECOND, () => hintAgain(world)),
    sweep('what is off', 60 * SECOND, () => tellWhatIsOff(world)),
    sweep('cards to catch up with', 60 * SECOND, () => catchUp(world)),
    sweep('drift', 30 * SECOND, createDriftSweep(world)),
    sweep('purge', 3600 * SECOND, () => purge(world, retention)),
    sweep('late jobs', 5 * SECOND, () => hintLateJobs(world, queues), { batch: LATE_BATCH }),
    sweep('schedules', 60 * SECOND, () => keepSchedules(world, queues)),
    sweep('first GIAS load', 5 * SECOND, createFirstGiasLoad(world)),
    sweep('schools that arrived', 30 * SECOND, () => tellArrivals(world)),
    sweep('schools after a sync', 60 * SECOND, () => followUpSchools(world)),
    sweep('purge of waits', 3600 * SECOND, () => purgeWaits(world, retention)),
    sweep('purge of what is over', 300 * SECOND, createPurge(world, retention)), // a part at a time
    sweep('purge of the mirror', 600 * SECOND, createMirrorPurge(world)), // what it held before Sidekiq was left, too
    sweep('reminders', 10 * SECOND, () => remindApprovers(world)),
    sweep('mornings', 30 * SECOND, () => sayMorning(world)),
    sweep('needless steps', 5 * SECOND, () => dropNeedlessSteps(world)),
    sweep('beside alerts', 5 * SECOND, () => noteBeside(world)),
    sweep('alerts', 5 * SECOND, () => lookAtAlerts(world)),
    sweep('answers that nobody expected', 30 * SECOND, () => reportAnswers(world)),
    ...(world.register.runsJobs
      ? [sweep('unpolled trainees', UNPOLLED_EVERY / UNPOLLED_PARTS, lookForUnpolled(world))]
      : []),
    ...(sidekiq
      ? [
          sweep('Register’s Sidekiq', READ_EVERY_MS, () => readMirror(world, sidekiq)),
          sweep('news of Register’s jobs', 5 * SECOND, () => tellOfMirrored(world, verifyAgain), { batch: NEWS_BATCH }),
          sweep('registrations that hang', 60 * SECOND, () => findHanging(world)),
        ]
      : [sweep('a mirror that is not kept any more', 60 * SECOND, () => leaveMirror(world), { batch: NEWS_BATCH })]),
  ]
}

/** How often each trainee is looked at. */
const UNPOLLED_EVERY = 600 * SECOND

/** After a start, polls may not have been asked for yet: for the first ten minutes nobody is looked at. */
function lookForUnpolled(world: World): () => Promise<number> {
  const notBefore = performance.now() + UNPOLLED_EVERY
  const look = createUnpolledSweep(world)
  return async () => (performance.now() < notBefore ? 0 : look())
}

/** Ends the jobs of a Sidekiq that is not read any more, and tells whoever waits for one. */
async function leaveMirror(world: World): Promise<number> {
  if (!(await isMirrorLeft(world))) return 0
  const left = (await endMirror(world)) + (await tellOfMirrored(world, verifyAgain))
  if (left === 0) await forgetReading(world)
  return left
}

async function readMirror(world: World, sidekiq: SidekiqClient): Promise<number> {
  if (!(await isReadingDue(world))) return 0
  return (await sweepSidekiq(world, sidekiq))?.changed ?? 0
}

/**
 * When the nightly jobs run, in UTC. Register synchronises schools at this time, and GIAS makes its extract in the
 * night.
 */
const NIGHTLY = { 'sync-schools': '0 4 * * *', 'load-gias': '0 5 * * *' } as const

/** Writes the schedules again if the queue has lost them. */
async function keepSchedules(world: World, queues: JobQueues): Promise<number> {
  if (runnerOf(world, 'sync-schools') === 'bot') await queues.schedule('sync-schools', NIGHTLY['sync-schools'])
  await queues.schedule('load-gias', NIGHTLY['load-gias'])
  return 0
}
