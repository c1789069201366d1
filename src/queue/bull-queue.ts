import { ErrorCode, type Job, type JobsOptions, type Queue } from 'bullmq'
import pTimeout from 'p-timeout'
import type { Tell } from './tell.ts'

/** A queue of jobs with JSON data. */
export type JobQueue = {
  /** Adding a job with the id of one that is still there does nothing. */
  add: (name: string, data: object, options: JobsOptions & { jobId: string }) => Promise<void>
  /** Adds a job that runs at a given time. If a job with this id waits already, it is moved to this time. */
  addAt: (name: string, data: object, at: Date, options: JobsOptions & { jobId: string }) => Promise<void>
  /** Has a job added at each time of a cron pattern, in UTC. May be called again and again. */
  schedule: (id: string, pattern: string, data: object) => Promise<void>
  /** BullMQ's own queue, for the dashboard. */
  bull: Queue
  close: () => Promise<void>
}

/** BullMQ's queue as the rest of the bot knows one. */
export function wrapQueue(queue: Queue, tell: Tell, now: () => Date): JobQueue {
  queue.on('error', (error) => tell(error, 'queue error'))
  return {
    bull: queue,
    add: (name, data, options) => answeredInTime(addOnce(queue, name, data, options)),
    addAt: (name, data, at, options) =>
      answeredInTime(addDelayed(queue, name, data, Math.max(0, at.getTime() - now().getTime()), options)),
    schedule: (id, pattern, data) => answeredInTime(schedule(queue, id, pattern, data)),
    close: () => queue.close(),
  }
}

async function addOnce(
  queue: Queue,
  name: string,
  data: object,
  options: JobsOptions & { jobId: string },
): Promise<void> {
  if (!(await findListed(queue, options.jobId))) await queue.add(name, data, options)
}

async function addDelayed(
  queue: Queue,
  name: string,
  data: object,
  delay: number,
  options: JobsOptions & { jobId: string },
): Promise<void> {
  const there = await findListed(queue, options.jobId)
  if (!there) return void (await queue.add(name, data, { ...options, delay }))
  if (there.delay > 0) await there.changeDelay(delay).catch(unlessItRuns)
}

/**
 * The job with this id that waits or runs. A Redis that has lost a list still knows its jobs: they would never run, and any with
 * their ids be dropped as duplicates, so such a job is removed.
 */
async function findListed(queue: Queue, id: string): Promise<Job | undefined> {
  const there = await queue.getJob(id)
  if (!there || (await there.getState()) !== 'unknown') return there
  await queue.remove(id)
  return undefined
}

/** If the job has just started, it need not be moved. */
function unlessItRuns(error: Error & { code?: unknown }): void {
  if (error.code !== ErrorCode.JobNotInState && error.code !== ErrorCode.JobNotExist) throw error
}

/** The time zone of Register's cron, in summer, too. */
const TIME_ZONE = 'UTC'
const MINUTE_MS = 60_000
/** A schedule whose next job is this late has lost it. */
const LOST_MS = 12 * 60 * MINUTE_MS
/** If the database is away when a schedule's job runs, it is tried again for an hour. */
const SCHEDULED = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 60,
  backoff: { type: 'fixed', delay: MINUTE_MS },
}

/**
 * Writes a schedule only if it is missing or another one: writing it again would drop its job that is due and waits for
 * a worker.
 */
async function schedule(queue: Queue, id: string, pattern: string, data: object): Promise<void> {
  const known = await queue.getJobScheduler(id)
  if (known?.pattern === pattern && known.tz === TIME_ZONE && Number(known.next) > Date.now() - LOST_MS) return
  await queue.upsertJobScheduler(id, { pattern, tz: TIME_ZONE }, { name: id, data, opts: SCHEDULED })
}

const ANSWER_WITHIN_MS = 5_000

/**
 * While Redis is away, ioredis waits. Whoever adds a job must not, so this throws after a few seconds. The job may
 * still be added later.
 */
async function answeredInTime(answer: Promise<unknown>): Promise<void> {
  await pTimeout(answer, { milliseconds: ANSWER_WITHIN_MS, message: 'the queue did not answer' })
}
