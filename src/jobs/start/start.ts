import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { EVERY_POLL } from '../../contract/effect.ts'
import { type MemberId, readFingerprint } from '../../sidekiq/job.ts'
import type { JobToPush } from '../../sidekiq/payload.ts'
import type { World } from '../../world.ts'
import { enqueueJob, type NewJob, type NewPoll, type Retry, retryJob, startPoll } from './enqueue.ts'
import { pushToSidekiq, removeFromSidekiq, retryInSidekiq } from './in-sidekiq.ts'
import { runnerOf } from './runner.ts'

// Has a job run by whoever runs it: our own workers, or Register's Sidekiq. Each is called in the transaction that it
// belongs to.

/** Starts a job. Returns its id; null if its key was taken. */
export async function startJob(world: World, sql: EntityManager, job: NewJob): Promise<string | null> {
  if (runnerOf(world, job.name) !== 'register') return enqueueJob(sql, job)
  const id = job.id ?? randomUUID()
  await pushToSidekiq(sql, { ...job, id, job: asPushed(job) })
  return id
}

/** Starts polling for a trainee's TRN; with `replaces`, in the place of every poll in Register's Sidekiq. */
export async function pollForTrn(
  world: World,
  sql: EntityManager,
  poll: NewPoll & { replaces?: string | undefined },
): Promise<string> {
  if (runnerOf(world, 'retrieve-trn') !== 'register') return startPoll(sql, poll)
  const { trainee, timeoutAt, dueAt, changeRequest, replaces } = poll
  const id = randomUUID()
  const instead = replaces === undefined ? null : EVERY_POLL
  const job = { name: 'retrieve-trn', trainee, timeoutAt } as const
  await pushToSidekiq(sql, { id, name: job.name, trainee, job, dueAt, changeRequest, instead })
  return id
}

/** Has a failed job run again. Throws unless it is as it was, as far as our own database knows. */
export async function runAgain(sql: EntityManager, retry: Omit<Retry, 'run'> & { fingerprint: string }): Promise<void> {
  const { fingerprint, ...rest } = retry
  if (readFingerprint(fingerprint)) await retryInSidekiq(sql, retry)
  else await retryJob(sql, { ...rest, run: Number(fingerprint) })
}

/** Takes jobs out of Register's Sidekiq. Only when all of them were taken out is the other one started. */
export async function startAfterRemoval(sql: EntityManager, members: readonly MemberId[], job: NewJob): Promise<void> {
  const { name, trainee, args = {}, changeRequest = null } = job
  const next = { id: randomUUID(), name, trainee, args }
  await removeFromSidekiq(sql, { id: randomUUID(), members, changeRequest, next })
}

/** Takes jobs out of Register's Sidekiq, and starts nothing in their place. */
export async function removeJobs(
  sql: EntityManager,
  members: readonly MemberId[],
  changeRequest: string,
): Promise<void> {
  await removeFromSidekiq(sql, { id: randomUUID(), members, changeRequest, next: null })
}

const submission = z.looseObject({ submitted_by: z.string().nullable() })
const change = z.looseObject({ status: z.string(), entity: z.enum(['contact', 'placement_assignment']) })

function asPushed({ name, trainee, args = {} }: NewJob): JobToPush {
  switch (name) {
    case 'register-for-trn':
      return { name, trainee: demand(trainee), submittedBy: submission.parse(args).submitted_by }
    case 'change-trainee-status': {
      const { status, entity } = change.parse(args)
      return { name, trainee: demand(trainee), status, entity }
    }
    case 'update-trainee':
      return { name, trainee: demand(trainee) }
    case 'sync-schools':
      return { name }
    default:
      throw new TypeError(`${name} is not pushed by itself`)
  }
}

function demand(trainee: string | null): string {
  if (trainee === null) throw new TypeError('a job without its trainee')
  return trainee
}
