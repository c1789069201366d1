import { LOOK_AGAIN_MS } from '../../brake/brake.ts'
import type { Job } from '../../entities/chatops/job.ts'
import { LEFT_TO_NEWER } from '../../outbox/not-sent.ts'
import type { World } from '../../world.ts'
import { ForNewerVersion } from '../job.ts'
import { failureOf } from './failures.ts'
import { handBack } from './leases.ts'

// What a job waits for that has not sent anything. None of it counts as an attempt.

/** The bot was paused. */
export async function waitForResumption(world: World, job: Job): Promise<void> {
  world.log.info({ job: job.id, name: job.name }, 'a job waits: the bot is paused')
  await handBack(world, job, after(world, LOOK_AGAIN_MS), { stalls: job.stalls })
}

/** How soon a job looks again whether Register's database is as it needs it. */
const REGISTER_AGAIN_MS = 60_000

/** Register's database is not as the job needs it: it waits until that is put right. */
export async function waitForRegister(world: World, job: Job, because: readonly string[]): Promise<void> {
  world.log.warn({ job: job.id, name: job.name, because }, 'a job waits: Register’s database has changed')
  await handBack(world, job, after(world, REGISTER_AGAIN_MS), { stalls: job.stalls })
}

/**
 * Leaves a job to a worker of a newer version, which takes it in one of its next turns. False where none has come by then
 * (`LEFT_TO_NEWER`): it has failed.
 */
export async function leaveToNewer(world: World, job: Job): Promise<boolean> {
  const now = world.now()
  const failure = failureOf(new ForNewerVersion(), now)
  const isLate = now.getTime() - job.dueAt.getTime() >= LEFT_TO_NEWER.late
  const since = job.failure?.code === failure.code && !isLate ? job.failure.at : failure.at
  if (now.getTime() - Date.parse(since) >= LEFT_TO_NEWER.ms) return false
  world.log.warn({ job: job.id, name: job.name }, 'a job waits: a newer version of the bot has added it')
  await handBack(world, job, after(world, LOOK_AGAIN_MS), { stalls: job.stalls, failure: { ...failure, at: since } })
  return true
}

function after({ now }: World, ms: number): Date {
  return new Date(now().getTime() + ms)
}
