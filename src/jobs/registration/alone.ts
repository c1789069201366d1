import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../entities/chatops/job.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { SidekiqUnavailable } from '../../sidekiq/errors.ts'
import type { SidekiqClient } from '../../sidekiq/index.ts'
import type { World } from '../../world.ts'
import { traineeOf } from '../readiness.ts'

// Register's own Sidekiq may have a registration of the same trainee: then two would be made. It is asked immediately
// before ours is sent.

/** How long it is waited for a heartbeat of each process; they come every five seconds. */
const HEARTBEAT_WITHIN_MS = 12_000
const LOOK_EVERY_MS = 250

/**
 * Throws JobFailed if Register's Sidekiq has a registration of the trainee that could still run. Answers false where
 * that cannot be told now: then nothing must be sent.
 */
export async function isAlone({ upstreams: { sidekiq } }: World, job: Job): Promise<boolean> {
  if (!sidekiq) return true
  try {
    await demandNone(sidekiq, job)
    if (!(await hasEachBeaten(sidekiq))) return false
    await demandNone(sidekiq, job)
    return true
  } catch (error) {
    if (error instanceof SidekiqUnavailable) return false
    throw error
  }
}

async function demandNone(sidekiq: SidekiqClient, job: Job): Promise<void> {
  const registrations = await sidekiq.findRegistrations([traineeOf(job)])
  if (registrations.every(({ place }) => place === 'dead')) return
  throw new JobFailed(
    'not-as-approved',
    'Register’s own Sidekiq has a registration of this trainee that has not ended, so we sent nothing: a second one ' +
      'could create a duplicate.',
  )
}

/** A job that a process has just taken is nowhere until the process says so, at its next heartbeat. */
async function hasEachBeaten(sidekiq: SidekiqClient): Promise<boolean> {
  const before = new Map(await beats(sidekiq))
  const deadline = Date.now() + HEARTBEAT_WITHIN_MS
  while (Date.now() < deadline) {
    const now = new Map(await beats(sidekiq))
    if (hasEveryBeaten(before, now)) return true
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

/** Nobody there, or one of them gone since, shows nothing: what it had taken is nowhere. */
function hasEveryBeaten(before: Beats, now: Beats): boolean {
  const isSeen = now.size > 0 && [...before.keys()].every((identity) => now.has(identity))
  return isSeen && [...now].every(([identity, beat]) => beat !== before.get(identity))
}

type Beats = ReadonlyMap<string, number | null>

async function beats(sidekiq: SidekiqClient): Promise<[string, number | null][]> {
  const { processes } = await sidekiq.readProcesses()
  return processes.map(({ identity, beatAt }) => [identity, beatAt?.getTime() ?? null])
}
