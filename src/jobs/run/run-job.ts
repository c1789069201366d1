import type { EntityManager } from 'typeorm'
import { LOOK_AGAIN_MS, mayAct, Paused } from '../../brake/brake.ts'
import { findUnsafeJob } from '../../compatibility/look.ts'
import { DttpError } from '../../dttp/client/index.ts'
import { Job, type JobData, type JobName } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import { isOfSchema, mayPass } from '../../entities/transient.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { FAILURES } from '../../failures/table.ts'
import { during, reportUnlisted, type World } from '../../world.ts'
import { ForNewerVersion } from '../job.ts'
import type { JobNews } from '../news.ts'
import { cureByJob } from './cured.ts'
import { askedToWait, failureOf } from './failures.ts'
import { claimJob, findNext, handBack, keepLease, whileHeld } from './leases.ts'
import { pauseAfter } from './retries.ts'
import { leaveToNewer, waitForRegister, waitForResumption } from './waits.ts'

// One attempt at one job. What it writes and what becomes of the job are committed together. A worker that has lost the
// job to another one writes nothing.

/** What an attempt came to. */
export type Ending =
  /** `warns`: it worked, but people must hear of something. */
  | { kind: 'done'; result?: JobData; news?: JobNews; warns?: JobFailure }
  /** `tells`: whether the request that asked for it has something to show of it already. */
  | { kind: 'again'; at: Date; news?: JobNews; tells?: boolean }

/** Writes what an attempt came to, in the transaction that ends it. Throws JobFailed where it must not. */
export type Finish = (sql: EntityManager, job: Job) => Promise<Ending>

/** Asks other systems, outside any transaction. Throws JobFailed, or whatever its clients throw. */
export type JobHandler = (world: World, job: Job) => Promise<Finish>

export type JobHandlers = Readonly<Record<JobName, JobHandler>>

/**
 * What alerts and requests do when an attempt ends. Each is called in the transaction that ends the attempt, and passed
 * in by services.ts: jobs know neither alerts nor requests.
 */
type JobEnds = {
  /** People must hear of a failure, whether or not the job is tried again. */
  failed: (sql: EntityManager, world: World, job: Job, failure: JobFailure) => Promise<void>
  worked: (sql: EntityManager, job: Job) => Promise<void>
  /** The result of the request that asked for the job can be looked at, as a rule because the job is over. */
  over: (sql: EntityManager, changeRequest: string, now: Date) => Promise<void>
  /** Whoever asked for the job is told, if anybody did. */
  news: (sql: EntityManager, job: Job, news: JobNews) => Promise<void>
}

/** What runJob is given: how each job is done, and what to call when one ends. */
export type JobRunner = { handlers: JobHandlers; ends: JobEnds }

/** After being broken off this often, because its worker died or our own database failed, a job has failed. */
const MOST_STALLS = 5
/** How soon a job is tried again when our own database stood in its way; twice as long each time, five minutes in all. */
const HANDED_BACK_MS = 5_000

const BLOCKED = new JobFailed(
  'unexpected',
  'Register’s database stood in its way for minutes: something holds a row that it needs, or it is too slow. A developer needs to look.',
)

/** Runs a job if it is due and nobody else does. Answers when to ask again; null once it is over. */
export function runJob(world: World, runner: JobRunner, id: string): Promise<Date | null> {
  return during(world, `job:${id}`, () => runIfDue(world, runner, id))
}

async function runIfDue(world: World, { handlers, ends }: JobRunner, id: string): Promise<Date | null> {
  const job = await claimJob(world, id)
  if (job) {
    const stopRenewing = keepLease(world, job)
    await attempt(world, ends, handlers[job.name], job)
      .catch((error: unknown) => yieldToDatabase(world, ends, job, error))
      .finally(stopRenewing)
  }
  const next = await findNext(world, id)
  const later = new Date(world.now().getTime() + LOOK_AGAIN_MS)
  return job || !next || next > later || (await mayAct(world)) ? next : later
}

async function attempt(world: World, ends: JobEnds, handler: JobHandler, job: Job): Promise<void> {
  const log = world.log.child({ job: job.id, name: job.name, trainee: job.traineeId })
  try {
    if (job.stalls > MOST_STALLS)
      throw new JobFailed('stalled', 'The bot was stopped in the middle of it again and again.')
    const unsafe = await findUnsafeJob(world.database, job.name)
    if (unsafe.length > 0) return await waitForRegister(world, job, unsafe)
    const finish = await handler(world, job)
    await end(world, ends, job, finish)
    log.info('job ran')
  } catch (error) {
    const isMoved = isOurDatabase(error) && isOfSchema(error)
    const unsafe = isMoved ? await findUnsafeJob(world.database, job.name) : []
    if (unsafe.length > 0) return waitForRegister(world, job, unsafe)
    if (isOurDatabase(error)) throw error
    if (error instanceof Paused) return waitForResumption(world, job)
    if (error instanceof ForNewerVersion && (await leaveToNewer(world, job))) return
    const failure = failureOf(error, world.now())
    const cause = failure.code === 'unexpected' ? { err: error } : { cause: (error as Error).message }
    log.warn({ code: failure.code, ...cause }, 'job failed')
    await fail(world, ends, job, failure, askedToWait(error))
  }
}

/**
 * Whether an error is one of our own database that may go away by itself. An error of DTTP's client may look like one.
 */
function isOurDatabase(error: unknown): boolean {
  return !(error instanceof DttpError) && !(error instanceof JobFailed) && mayPass(error)
}

/**
 * Gives a job back whose attempt was ended by an error of our own database; only after several times that counts as a
 * failure. If the database is away, nothing is written, and the lease runs out.
 */
async function yieldToDatabase(world: World, ends: JobEnds, job: Job, error: unknown): Promise<void> {
  if (!isOurDatabase(error)) throw error
  world.log.warn({ job: job.id, name: job.name }, 'the database stood in the way of a job')
  await reportUnlisted(world, error)
  if (job.stalls >= MOST_STALLS) return fail(world, ends, job, failureOf(BLOCKED, world.now()), 0)
  await handBack(world, job, new Date(world.now().getTime() + HANDED_BACK_MS * 2 ** job.stalls))
}

async function end(world: World, ends: JobEnds, job: Job, finish: Finish): Promise<void> {
  await whileHeld(world, job, async (sql, held) => {
    const ending = await finish(sql, held)
    if (ending.news) await ends.news(sql, held, ending.news)
    // A poll that found no TRN has still worked. Any other job that is to go on later was only put back.
    if (ending.kind === 'done' || held.name === 'retrieve-trn') {
      await cureByJob(sql, held, world.now())
      await ends.worked(sql, held)
    }
    if (ending.kind === 'again') {
      const next = {
        status: 'waiting',
        dueAt: ending.at,
        attempts: 0,
        stalls: 0,
        failure: null,
        hintedAt: null,
      } as const
      await sql.update(Job, { id: job.id }, next)
      if (ending.tells) await tellRequest(world, ends, sql, held)
    } else {
      const over = { status: 'done', failure: null, result: ending.result ?? {}, finishedAt: world.now() } as const
      await sql.update(Job, { id: job.id }, over)
      if (ending.warns) await ends.failed(sql, world, held, ending.warns)
      await tellRequest(world, ends, sql, held)
    }
  })
}

/** An attempt that failed: tried again later, or given up, and then people are told. */
async function fail(world: World, ends: JobEnds, job: Job, failure: JobFailure, atLeastMs: number): Promise<void> {
  await whileHeld(world, job, async (sql, held) => {
    const attempts = held.attempts + 1
    const pause = pauseAfter(held.name, failure.code, attempts, { atLeastMs })
    if (pause === null || FAILURES[failure.code].needsPeople) await ends.failed(sql, world, held, failure)
    if (pause === null) {
      await sql.update(
        Job,
        { id: job.id },
        { status: 'failed', attempts, failure, finishedAt: world.now(), curedAt: null },
      )
      await ends.news(sql, held, { kind: 'failed', failure })
      await tellRequest(world, ends, sql, held)
    } else {
      const dueAt = new Date(world.now().getTime() + pause)
      await sql.update(Job, { id: job.id }, { status: 'waiting', dueAt, attempts, stalls: 0, failure, hintedAt: null })
    }
  })
}

async function tellRequest(
  { now }: World,
  { over }: JobEnds,
  sql: EntityManager,
  { changeRequestId }: Job,
): Promise<void> {
  if (changeRequestId !== null) await over(sql, changeRequestId, now())
}
