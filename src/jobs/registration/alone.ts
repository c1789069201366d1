import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from 'typeorm'
import type { Job } from '../../entities/chatops/job.ts'
import { live } from '../../entities/chatops/live-jobs.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { SidekiqUnavailable } from '../../sidekiq/errors.ts'
import type { SidekiqClient } from '../../sidekiq/index.ts'
import type { World } from '../../world.ts'
import { demandTrainee } from '../readiness.ts'

// Register's own Sidekiq may have a registration of the same trainee: then two would be made. It is asked immediately
// before ours is sent.

/** How often a process of Sidekiq's says what it runs, and for how long it is waited for. */
const HEARTBEAT_MS = 5_000
const HEARTBEAT_WITHIN_MS = 12_000
const LOOK_EVERY_MS = 250

/** Sidekiq has no other registration of the trainee, as far as anybody can tell; asked once more at the very last. */
export type Alone = {
  /** Throws NotAlone where that is not so any more, and Silent where it cannot be told now. */
  confirm: () => Promise<void>
}

/** Nothing is sent: Register's Sidekiq has a registration of the trainee. */
export class NotAlone extends JobFailed {}

/** Nothing is sent now: Register's Sidekiq does not say whether it has one. It is asked again later. */
export class Silent extends Error {
  constructor() {
    super('Register’s Sidekiq does not say whether it has a registration of the trainee')
    this.name = 'Silent'
  }
}

const ASK_AGAIN_MS = 15_000

/** When Register's Sidekiq is asked again, if it gave no answer. */
export function askedAgain({ now }: Pick<World, 'now'>): Date {
  return new Date(now().getTime() + ASK_AGAIN_MS)
}

/**
 * Throws NotAlone if Register's Sidekiq has a registration of the trainee, a failed one included. Answers null where that
 * cannot be told now: then nothing must be sent.
 */
export async function findAlone(world: World, job: Job): Promise<Alone | null> {
  const { sidekiq } = world.upstreams
  if (!sidekiq) return { confirm: async () => {} }
  if (!(await isAlone(sidekiq, job))) return null
  const askedAt = performance.now()
  return {
    async confirm() {
      const isLate = performance.now() - askedAt > HEARTBEAT_MS
      const still = await (isLate ? isAlone(sidekiq, job) : hasNone(sidekiq, job))
      if (!still) throw new Silent()
    },
  }
}

async function isAlone(sidekiq: SidekiqClient, job: Job): Promise<boolean> {
  return (await hasNone(sidekiq, job)) && (await hasEachBeaten(sidekiq)) && (await hasNone(sidekiq, job))
}

/** False if it does not answer. Throws NotAlone if it has one. */
async function hasNone(sidekiq: SidekiqClient, job: Job): Promise<boolean> {
  const registrations = await orSilent(sidekiq.findRegistrations([demandTrainee(job)]))
  if (registrations === null) return false
  if (registrations.length === 0) return true
  throw registrations.every(({ place }) => place === 'dead') ? notAlone(FAILED_SINCE) : notAlone(NOT_ENDED)
}

/**
 * Throws NotAlone if the last sweep knew of a registration in Register's Sidekiq of which nobody knows how it ended. One
 * whose process was killed is not in Redis any more.
 */
export async function demandNoneMissing(world: World, sql: EntityManager, job: Job): Promise<void> {
  if (!world.upstreams.sidekiq) return
  const of = { runner: 'register', name: 'register-for-trn', traineeId: demandTrainee(job) } as const
  const known = await sql.findBy(SeenJob, { ...of, ...live() })
  if (known.some(({ args }) => !('removed' in args))) throw notAlone(NOT_ENDED)
}

function notAlone(found: string): NotAlone {
  const words = `Register’s own Sidekiq ${found}, so we sent nothing: a second registration could create a duplicate.`
  return new NotAlone('not-as-approved', words)
}

const NOT_ENDED = 'has a registration of this trainee that has not ended, as far as anybody knows'
/** Those that two people knew of were taken out before: this one has run since, and may have been sent. */
const FAILED_SINCE = 'has a registration of this trainee that failed after this one was approved'

async function orSilent<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof SidekiqUnavailable) return null
    throw error
  })
}

/** A job that a process has just taken is nowhere until the process says so, at its next heartbeat. */
async function hasEachBeaten(sidekiq: SidekiqClient): Promise<boolean> {
  const before = await orSilent(beats(sidekiq))
  const deadline = performance.now() + HEARTBEAT_WITHIN_MS
  while (before && performance.now() < deadline) {
    const now = await orSilent(beats(sidekiq))
    if (now && hasEveryBeaten(before, now)) return true
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

async function beats(sidekiq: SidekiqClient): Promise<Beats> {
  const { processes } = await sidekiq.readProcesses()
  return new Map(processes.map(({ identity, beatAt }) => [identity, beatAt?.getTime() ?? null]))
}
