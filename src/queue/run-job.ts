import type { EntityManager } from 'typeorm'
import { noteFailure, noteSuccess } from '../alerts/alerts.ts'
import type { ChangesContext } from '../changes/context.ts'
import { announceNews, type JobNews } from '../changes/job-news.ts'
import { isTransient } from '../changes/transient.ts'
import { DttpError } from '../dttp/client/index.ts'
import { Job, type JobData, type JobFailure, type JobName } from '../entities/chatops/job.ts'
import { askedToWait, failureOf, JobFailed } from './failures.ts'
import { claim, findNext, handBack, keepLease, whileHeld } from './leases.ts'
import { needsPeople, pauseAfter } from './retries.ts'

// One attempt at one job. What it writes and what becomes of the job commit together, and a worker that has lost the
// job to another one writes nothing.

/** What an attempt came to. */
export type Ending = { kind: 'done'; result?: JobData; news?: JobNews } | { kind: 'again'; at: Date; news?: JobNews }

/** Writes what an attempt came to, in the transaction that ends it. Throws JobFailed where it must not. */
export type Finish = (sql: EntityManager, job: Job) => Promise<Ending>

/** Asks other systems, outside any transaction. Throws JobFailed, or whatever its clients throw. */
export type JobHandler = (context: ChangesContext, job: Job) => Promise<Finish>

export type JobHandlers = Readonly<Record<JobName, JobHandler>>

/** A job is broken off this often, as its worker dies or our own database stands in its way; then that is a failure. */
const MOST_STALLS = 5
/** How soon a job is tried again when our own database stood in its way; twice as long each time, five minutes in all. */
const HANDED_BACK_MS = 5_000

const BLOCKED = new JobFailed(
  'unexpected',
  'Register’s database stood in its way for minutes: something holds a row that it needs, or it is too slow. A developer needs to look.',
)

/** Runs a job if it is due and nobody else does. Answers when to ask again; null once it is over. */
export async function runJob(context: ChangesContext, handlers: JobHandlers, id: string): Promise<Date | null> {
  const job = await claim(context, id)
  if (job) {
    const stopRenewing = keepLease(context, job)
    await attempt(context, handlers[job.name], job)
      .catch((error: unknown) => yieldToDatabase(context, job, error))
      .finally(stopRenewing)
  }
  return findNext(context, id)
}

async function attempt(context: ChangesContext, handler: JobHandler, job: Job): Promise<void> {
  const log = context.log.child({ job: job.id, name: job.name, trainee: job.traineeId })
  try {
    if (job.stalls > MOST_STALLS)
      throw new JobFailed('stalled', 'The bot was stopped in the middle of it again and again.')
    const finish = await handler(context, job)
    await end(context, job, finish)
    log.info('job ran')
  } catch (error) {
    if (isOurDatabase(error)) throw error
    const failure = failureOf(error, context.now())
    const cause = error instanceof Error ? error.message : 'unknown'
    log.warn({ code: failure.code, ...(failure.code === 'unexpected' ? {} : { cause }) }, 'job failed')
    await fail(context, job, failure, askedToWait(error))
  }
}

/** Whether it is a database error that goes away by itself; DTTP's may look like one. */
function isOurDatabase(error: unknown): boolean {
  return !(error instanceof DttpError) && !(error instanceof JobFailed) && isTransient(error)
}

/** An attempt that our own database ended counts as none, at first. While that is away, the lease runs out. */
async function yieldToDatabase(context: ChangesContext, job: Job, error: unknown): Promise<void> {
  if (!isOurDatabase(error)) throw error
  context.log.warn({ job: job.id, name: job.name }, 'the database stood in the way of a job')
  if (job.stalls >= MOST_STALLS) return fail(context, job, failureOf(BLOCKED, context.now()), 0)
  await handBack(context, job, new Date(context.now().getTime() + HANDED_BACK_MS * 2 ** job.stalls))
}

async function end(context: ChangesContext, job: Job, finish: Finish): Promise<void> {
  await whileHeld(context, job, async (sql, held) => {
    const ending = await finish(sql, held)
    if (ending.news) await announceNews(sql, held, ending.news)
    // A poll that found nothing has worked; any other job that goes on later has only been put back.
    if (ending.kind === 'done' || held.name === 'retrieve-trn') await noteSuccess(sql, held)
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
    } else {
      const over = { status: 'done', failure: null, result: ending.result ?? {}, finishedAt: context.now() } as const
      await sql.update(Job, { id: job.id }, over)
      await lookAgain(context, sql, held)
    }
  })
}

/** An attempt that failed: tried again later, or given up, and then people are told. */
async function fail(context: ChangesContext, job: Job, failure: JobFailure, atLeastMs: number): Promise<void> {
  await whileHeld(context, job, async (sql, held) => {
    const attempts = held.attempts + 1
    const pause = pauseAfter(held.name, failure.code, attempts, { atLeastMs })
    if (pause === null || needsPeople(failure.code)) await noteFailure(sql, context, held, failure)
    if (pause === null) {
      await sql.update(Job, { id: job.id }, { status: 'failed', attempts, failure, finishedAt: context.now() })
      await announceNews(sql, held, { kind: 'failed', failure })
      await lookAgain(context, sql, held)
    } else {
      const dueAt = new Date(context.now().getTime() + pause)
      await sql.update(Job, { id: job.id }, { status: 'waiting', dueAt, attempts, stalls: 0, failure, hintedAt: null })
    }
  })
}

/** The result of the change request that the job belongs to can be looked at again. */
async function lookAgain({ now }: ChangesContext, sql: EntityManager, { changeRequestId }: Job): Promise<void> {
  if (changeRequestId === null) return
  await sql.query(
    `UPDATE chatops.change_requests SET next_verify_at = $2 WHERE id = $1 AND status IN ('verifying', 'needs-attention')`,
    [changeRequestId, now()],
  )
}
