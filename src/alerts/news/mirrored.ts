import { type EntityManager, IsNull, Not } from 'typeorm'
import { announceNews } from '../../changes/verify/job-news.ts'
import { AlertEntry } from '../../entities/chatops/alert.ts'
import type { FailureCode, JobFailure } from '../../entities/chatops/job-failure.ts'
import { Mirror, type MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { causesOf } from '../../failures/index.ts'
import { VANISHED } from '../../failures/register-words.ts'
import { FAILURES } from '../../failures/table.ts'
import { keptOf } from '../../jobs/mirror/kept.ts'
import { unlessMovedWithin } from '../../jobs/mirror/moved-tables.ts'
import {
  findUntold,
  giveToRequest,
  holdUntold,
  nameFailure,
  noteTold,
  passOverNoNews,
  putOffNews,
} from '../../jobs/mirror/told.ts'
import { hasDied, isReplaced } from '../../jobs/mirror/verdict.ts'
import { cureByJob } from '../../jobs/run/cured.ts'
import { hasArrived } from '../../register/jobs/polled.ts'
import { SCHOOLS_OF } from '../../register/schools/sent-schools.ts'
import { findInactiveUrns } from '../../schools/matching.ts'
import type { World } from '../../world.ts'
import { settleOfJob } from '../live/entries.ts'
import { findEmptying } from './emptied.ts'
import { noteFailure, noteSuccess } from './job-ends.ts'
import { tellOfPolls } from './mirrored-polls.ts'

// Tells alerts and requests what became of jobs in Register's Sidekiq, each time once. The sweep notes that a job stands
// otherwise than before; here people hear of it, as they do of our own jobs.

/** Jobs that are told of in one round. */
export const NEWS_BATCH = 200

/** Called when a request's job is over, so that its result is looked at. */
type Over = (sql: EntityManager, changeRequest: string, now: Date) => Promise<void>

/** Returns how many jobs there was something to tell of. Before the first whole sweep there is none. */
export async function tellOfMirrored(world: World, over: Over): Promise<number> {
  const { manager } = world.database
  if (!(await manager.existsBy(Mirror, { id: true, readAt: Not(IsNull()) }))) return 0
  await passOverNoNews(manager)
  let told = 0
  for (const id of await findUntold(manager, NEWS_BATCH)) if (await alone(world, id, over)) told += 1
  return told + (await tellOfPolls(world, NEWS_BATCH))
}

/** Whether that went well. An error is logged, and the others have their turn before it is tried again. */
async function alone(world: World, id: string, over: Over): Promise<boolean> {
  try {
    await retryConflicts(() =>
      world.database.transaction(async (sql) => {
        const job = await holdUntold(sql, id)
        if (!job) return
        await tell(world, sql, job, over)
        await noteTold(sql, id)
      }),
    )
    return true
  } catch (error) {
    world.log.error({ job: id, error: error instanceof Error ? error.name : 'unknown' }, 'nobody was told of a job')
    await putOffNews(world.database.manager, id, world.now())
    return false
  }
}

async function tell(world: World, sql: EntityManager, job: MirroredJob, over: Over): Promise<void> {
  const { name, failure, place, curedAt } = job
  const now = world.now()
  if (failure === null) {
    await cureByJob(sql, job, now)
    await noteSuccess(sql, job)
    await announceNews(sql, job, { kind: (await hasBroughtTrn(world, sql, job)) ? 'trn-received' : 'done' })
  } else if (place === 'gone' && curedAt === null && hasDied(job)) {
    // Jobs that were dead before the first reading were never posted, so their end is not posted either.
    if (!(await sql.existsBy(AlertEntry, { jobId: job.id }))) return
    await noteFailure(sql, world, job, { code: 'vanished', words: VANISHED, at: now.toISOString(), by: 'register' })
  } else if (curedAt !== null) {
    await settleOfJob(sql, job.id, { because: isReplaced(job) ? 'polled' : 'removed', now })
    if (!isReplaced(job)) await announceNews(sql, job, { kind: 'failed', failure })
  } else {
    // A job that Sidekiq tries again is no news as long as waiting may cure it.
    const { passes, needsPeople } = FAILURES[failure.code]
    if (place === 'retry' && passes && !needsPeople) return
    // What other posts say of it is not how it stands any more.
    if (place === 'gone' && IS_UNCLEAR.includes(failure.code))
      await settleOfJob(sql, job.id, { because: 'vanished', now }, causesOf(job, failure))
    const emptying = await findEmptying(world, sql, job, failure)
    if (emptying === null) {
      const named = await nameSchools(sql, world, job, failure)
      if (place === 'dead' && name === 'register-for-trn')
        await settleOfJob(sql, job.id, { because: 'ended', now }, causesOf(job, named))
      await noteFailure(sql, world, job, named)
    }
    await tellRequests(sql, job, failure, emptying)
  }
  if (job.changeRequestId !== null) await over(sql, job.changeRequestId, now)
}

/** A poll that has only put another one in its place has run, too. */
async function hasBroughtTrn(world: World, sql: EntityManager, { name, traineeId: id }: MirroredJob): Promise<boolean> {
  if (name !== 'retrieve-trn' || id === null) return false
  const select = { id: true, trn: true, state: true } as const
  const trainee = await unlessMovedWithin(world, sql, null, (sql) => sql.findOne(Trainee, { select, where: { id } }))
  return trainee !== null && hasArrived(name, trainee)
}

/** How a job ended of which nothing shows whether it ran. */
const IS_UNCLEAR: readonly FailureCode[] = ['vanished', 'outcome-unknown']

/** Register's own error seldom names the school, and whoever waits for a school is found by it. */
async function nameSchools(
  sql: EntityManager,
  world: World,
  job: MirroredJob,
  failure: JobFailure,
): Promise<JobFailure> {
  if (failure.code !== 'school-not-active' || failure.urns || job.traineeId === null) return failure
  const where = { id: job.traineeId }
  const urns = await unlessMovedWithin(world, sql, null, async (sql) => {
    const trainee = await sql.findOne(Trainee, { select: { id: true, ...SCHOOLS_OF }, where })
    return trainee && findInactiveUrns(sql, trainee, world.register)
  })
  if (!urns) return failure
  const named = { ...failure, urns }
  await nameFailure(sql, job.id, named)
  return named
}

/**
 * Tells those who asked for the job, and those whose request has made it fail; them only once while Sidekiq tries it again.
 */
async function tellRequests(sql: EntityManager, job: MirroredJob, failure: JobFailure, emptying: string | null) {
  const isSaid = job.place === 'retry' && (emptying === null || keptOf(job).joined === emptying)
  if (isSaid) return
  for (const changeRequestId of new Set([job.changeRequestId, emptying])) {
    await announceNews(sql, { ...job, changeRequestId }, { kind: 'failed', failure })
  }
  if (emptying !== null) await giveToRequest(sql, job.id, emptying)
  job.changeRequestId ??= emptying
}
