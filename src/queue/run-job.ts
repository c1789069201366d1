import type { EntityManager } from 'typeorm'
import { noteFailure, noteSuccess } from '../alerts/alerts.ts'
import type { ChangesContext } from '../changes/context.ts'
import { announceNews, type JobNews } from '../changes/job-news.ts'
import { isTransient, retryConflicts } from '../changes/transient.ts'
import { DttpError } from '../dttp/client/index.ts'
import { Job, type JobData, type JobFailure, type JobName } from '../entities/chatops/job.ts'
import { failureOf, JobFailed } from './failures.ts'
import { needsPeople, pauseAfter } from './retries.ts'

// One attempt at one job. What it writes and what becomes of the job commit together, and a worker that has lost the
// job to another one writes nothing.

/** What an attempt came to. */
export type Ending = { kind: 'done'; result?: JobData; news?: JobNews } | { kind: 'again'; at: Date; news?: JobNews }

/** Writes what an attempt came to, in the transaction that ends it. Throws JobFailed where it must not. */
export type Finish = (sql: EntityManager) => Promise<Ending>

/** Asks other systems, outside any transaction. Throws JobFailed, or whatever its clients throw. */
export type JobHandler = (context: ChangesContext, job: Job) => Promise<Finish>

export type JobHandlers = Readonly<Record<JobName, JobHandler>>

/** A worker that has not been heard of for this long is dead. */
const LEASE_SECONDS = 45
const RENEW_MS = 10_000
/** A job on which this many workers died is given up. */
const MOST_STALLS = 5

/** Runs a job if it is due and nobody else does. Answers when it is to run next; null if it is not. */
export async function runJob(context: ChangesContext, handlers: JobHandlers, id: string): Promise<Date | null> {
  const job = await claim(context, id)
  if (!job) return findDue(context, id)
  const log = context.log.child({ job: job.id, name: job.name, trainee: job.traineeId })
  const stopRenewing = keepLease(context, job)
  try {
    const next = await attempt(context, handlers[job.name], job)
    log.info({ next: next?.toISOString() ?? null }, 'job ran')
    return next
  } finally {
    stopRenewing()
  }
}

async function attempt(context: ChangesContext, handler: JobHandler, job: Job): Promise<Date | null> {
  try {
    if (job.stalls > MOST_STALLS)
      throw new JobFailed('stalled', 'The bot was stopped in the middle of it again and again.')
    const finish = await handler(context, job)
    return await end(context, job, finish)
  } catch (error) {
    if (!(error instanceof DttpError) && isTransient(error)) throw error // our own database: the sweeper starts it again
    const failure = failureOf(error, context.now())
    const cause = error instanceof Error ? error.message : 'unknown'
    const known = failure.code !== 'unexpected'
    context.log.warn({ job: job.id, name: job.name, code: failure.code, ...(known ? { cause } : {}) }, 'job failed')
    return fail(context, job, failure)
  }
}

async function claim(context: ChangesContext, id: string): Promise<Job | null> {
  const [claimed] = (await context.database.query(
    `UPDATE chatops.jobs SET status = 'running', run = run + 1, stalls = stalls + (status = 'running')::int,
       lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND ((status = 'waiting' AND due_at <= $2) OR (status = 'running' AND lease_until < now()))
     RETURNING id`,
    [id, context.now(), LEASE_SECONDS],
  )) as [{ id: string }[], number]
  return claimed.length > 0 ? context.database.manager.findOneByOrFail(Job, { id }) : null
}

async function findDue(context: ChangesContext, id: string): Promise<Date | null> {
  const job = await context.database.manager.findOneBy(Job, { id, status: 'waiting' })
  return job && job.dueAt > context.now() ? job.dueAt : null
}

/** Renews the lease while the attempt lasts; the answer ends that. */
function keepLease(context: ChangesContext, job: Job): () => void {
  const timer = setInterval(() => {
    context.database
      .query(
        `UPDATE chatops.jobs SET lease_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND run = $2 AND status = 'running'`,
        [job.id, job.run, LEASE_SECONDS],
      )
      .catch(() => context.log.warn({ job: job.id }, 'lease not renewed'))
  }, RENEW_MS)
  return () => clearInterval(timer)
}

async function end(context: ChangesContext, job: Job, finish: Finish): Promise<Date | null> {
  return inOwnTransaction(context, job, async (sql) => {
    const ending = await finish(sql)
    if (ending.news) await announceNews(sql, job, ending.news)
    await noteSuccess(sql, job)
    if (ending.kind === 'again') {
      await sql.update(
        Job,
        { id: job.id },
        { status: 'waiting', dueAt: ending.at, attempts: 0, stalls: 0, failure: null, hintedAt: null },
      )
      return ending.at
    }
    const over = { status: 'done', failure: null, result: ending.result ?? {}, finishedAt: context.now() } as const
    await sql.update(Job, { id: job.id }, over)
    await lookAgainAt(sql, job)
    return null
  })
}

/** An attempt that failed: tried again later, or given up, and then people are told. */
async function fail(context: ChangesContext, job: Job, failure: JobFailure): Promise<Date | null> {
  return inOwnTransaction(context, job, async (sql) => {
    const attempts = job.attempts + 1
    const pause = pauseAfter(job.name, failure.code, attempts)
    if (pause === null || needsPeople(failure.code)) await noteFailure(sql, context, job, failure)
    if (pause !== null) {
      const dueAt = new Date(context.now().getTime() + pause)
      await sql.update(Job, { id: job.id }, { status: 'waiting', dueAt, attempts, failure, hintedAt: null })
      return dueAt
    }
    await sql.update(Job, { id: job.id }, { status: 'failed', attempts, failure, finishedAt: context.now() })
    await announceNews(sql, job, { kind: 'failed', failure })
    await lookAgainAt(sql, job)
    return null
  })
}

/** A transaction that holds the job, if it is still this attempt's. */
async function inOwnTransaction(
  context: ChangesContext,
  job: Job,
  act: (sql: EntityManager) => Promise<Date | null>,
): Promise<Date | null> {
  return retryConflicts(() =>
    context.database.transaction(async (sql) => {
      const own = { id: job.id, run: job.run, status: 'running' as const }
      const held = await sql.findOne(Job, { where: own, lock: { mode: 'pessimistic_write' } })
      return held ? act(sql) : null
    }),
  )
}

/** The result of the change request that the job belongs to can be looked at again. */
async function lookAgainAt(sql: EntityManager, { changeRequestId }: Job): Promise<void> {
  if (changeRequestId === null) return
  await sql.query(`UPDATE chatops.change_requests SET next_verify_at = now() WHERE id = $1 AND status = 'verifying'`, [
    changeRequestId,
  ])
}
