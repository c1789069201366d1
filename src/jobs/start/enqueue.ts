import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { JOB_NAMES, Job, type JobData, type JobName } from '../../entities/chatops/job.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import { Poll } from '../../entities/chatops/poll.ts'
import { addToOutbox } from '../../outbox/add.ts'
import type { World } from '../../world.ts'

// A job is a row of ours. The queue is told of it through the outbox, and holds only a hint.

export type NewJob = {
  /** Chosen where it must be known before; a job with this id is added once. */
  id?: string
  name: JobName
  trainee: string | null
  args?: JobData
  dueAt: Date
  changeRequest?: string | null
  /** Nothing happens if there was a job with this key already. */
  onceKey?: string | null
}

/** Adds a job to the transaction that it belongs to; its id is also its outbox row's. Null if its key was taken. */
export async function enqueueJob(sql: EntityManager, job: NewJob): Promise<string | null> {
  const id = job.id ?? randomUUID()
  const added = await sql
    .createQueryBuilder()
    .insert()
    .into(Job, ['id', 'name', 'traineeId', 'args', 'onceKey', 'dueAt', 'changeRequestId'])
    .values({
      id,
      name: job.name,
      traineeId: job.trainee,
      args: job.args ?? {},
      onceKey: job.onceKey ?? null,
      dueAt: job.dueAt,
      changeRequestId: job.changeRequest ?? null,
    })
    .orIgnore()
    .returning('id')
    .updateEntity(false)
    .execute()
  if ((added.raw as unknown[]).length === 0) return null
  await addToOutbox(sql, { ...hintFor(id), id, changeRequest: job.changeRequest ?? null })
  return id
}

/** A failed job that is to run again: which of its runs failed, and the hash of what it may tell DTTP, if it tells. */
export type Retry = { id: string; run: number; dueAt: Date; changeRequest: string; approved: string | null }

/** Has a failed job run again with the arguments it had. Throws unless `run` is the run that failed last. */
export async function retryJob(sql: EntityManager, { id, run, dueAt, changeRequest, approved }: Retry): Promise<void> {
  const { affected } = await sql.update(
    Job,
    { id, status: 'failed', run },
    {
      status: 'waiting',
      dueAt,
      attempts: 0,
      stalls: 0,
      failure: null,
      finishedAt: null,
      changeRequestId: changeRequest,
    },
  )
  if (affected !== 1) throw new Error('the failed job is no longer as it was')
  if (approved !== null) {
    const added = `UPDATE chatops.jobs SET args = args || jsonb_build_object('approved', $2::text) WHERE id = $1`
    await sql.query(added, [id, approved])
  }
  await hintJob(sql, id)
}

/** Tells the queue again about a job that is now due earlier. */
export async function hintJob(sql: EntityManager, id: string): Promise<void> {
  await addToOutbox(sql, { ...hintFor(id), changeRequest: null })
}

/** Which job the queue is told of. */
export const jobHint = z.object({ job: z.string() })

function hintFor(id: string) {
  return { stream: `job:${id}`, kind: 'job' as const, payload: { job: id } }
}

/** Adds the job of a nightly schedule. However many workers do so, there is one job a night. */
export async function addNightlyJob(world: World, name: string): Promise<void> {
  const known = JOB_NAMES.find((candidate) => candidate === name)
  if (!known) throw new TypeError('a schedule names a job that does not exist')
  const now = world.now()
  const onceKey = `${known} ${now.toISOString().slice(0, 10)}`
  await world.database.transaction((sql) => enqueueJob(sql, { name: known, trainee: null, dueAt: now, onceKey }))
}

export type NewPoll = {
  trainee: string
  /** UTC, as Register's timestamps are written; null for four days after `submitted_for_trn_at`. */
  timeoutAt: string | null
  dueAt: Date
  /**
   * If true, a poll that is live already waits until `dueAt` as well. If not, it keeps its own time where that is
   * earlier.
   */
  notBefore?: boolean
  changeRequest: string | null
}

/**
 * Polls for a trainee's TRN: one live poll a trainee, whose timeout is moved if there is one. Returns its job's id.
 * Call it in the transaction that it belongs to.
 */
export async function startPoll(sql: EntityManager, poll: NewPoll): Promise<string> {
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('poll ' || $1, 0))`, [poll.trainee])
  const live = await findLivePoll(sql, poll.trainee)
  if (live) return movePoll(sql, live.jobId, poll)
  const { trainee, dueAt, changeRequest } = poll
  const id = await enqueueJob(sql, { name: 'retrieve-trn', trainee, dueAt, changeRequest })
  if (!id) throw new Error('a job without a key was not added')
  await sql.query(
    `INSERT INTO chatops.polls (trainee_id, job_id, timeout_at) VALUES ($1, $2, $3)
     ON CONFLICT (trainee_id) DO UPDATE
     SET job_id = EXCLUDED.job_id, timeout_at = EXCLUDED.timeout_at, started_at = now(), polled_at = NULL`,
    [trainee, id, poll.timeoutAt],
  )
  return id
}

/**
 * Gives a live poll another timeout. If a worker is making it just now, the job is taken from that worker, whose answer
 * would be judged by the old timeout.
 */
async function movePoll(sql: EntityManager, job: string, poll: NewPoll): Promise<string> {
  await sql.query(
    `UPDATE chatops.jobs SET status = 'waiting', due_at = CASE WHEN $4 THEN $2 ELSE least(due_at, $2) END,
       attempts = 0, stalls = 0, failure = NULL, hinted_at = NULL, change_request_id = coalesce($3, change_request_id)
     WHERE id = $1`,
    [job, poll.dueAt, poll.changeRequest, poll.notBefore ?? false],
  )
  await sql.query(
    `UPDATE chatops.polls SET timeout_at = $2, started_at = now(), polled_at = NULL WHERE trainee_id = $1`,
    [poll.trainee, poll.timeoutAt],
  )
  await hintJob(sql, job)
  return job
}

/** The poll under way for a trainee, if there is one. Locks its job, so that it cannot end meanwhile. */
async function findLivePoll(sql: EntityManager, trainee: string): Promise<Poll | null> {
  const poll = await sql.findOneBy(Poll, { traineeId: trainee })
  if (!poll) return null
  const job = await sql.findOne(Job, { where: { id: poll.jobId }, lock: { mode: 'pessimistic_write' } })
  return job && isLive(job) ? poll : null
}
