// Register's jobs as the bot finds them when the demo begins for the first time.
import type { EntityManager } from 'typeorm'
import { Job } from '../../src/entities/chatops/job.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { enqueueJob, startPoll } from '../../src/jobs/start/enqueue.ts'
import { dttpId } from '../register/seed/ids.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** Polls go on for so long that no demo is still about when they end. */
const LONG = 60 * DAY

/** Whose poll times out, and whose finds that DTTP has lost their record. */
const TIMES_OUT = '5902'
const LOST = '5913'
/** Whose registration is sent soon, and fails for a school. */
const UNREGISTERED = ['5914', '5916', '5917']
/** On whose behalf: the one user of their provider. */
const SUBMITTED_BY = dttpId('user', 204)

/** Where Register's jobs are put: into the bot's own tables, or into a Sidekiq beside it. Times are milliseconds. */
export interface Jobs {
  poll(trainee: string, times: { dueMs: number; timeoutMs: number }): Promise<unknown>
  register(trainee: string, submittedBy: string, dueMs: number): Promise<unknown>
  /** Turns the clock: a trainee's poll is due at once and, if so wished, its time is up. */
  hurryPoll(trainee: string, options?: { isTimeUp?: boolean }): Promise<unknown>
}

/**
 * A poll for everyone who waits for a TRN, none due for a while.
 * @param appUrl the database, as the bot's own role
 */
export async function addQuietPolls(appUrl: string, sidekiq?: Jobs): Promise<void> {
  await inTransaction(appUrl, async (sql) => {
    const now = Date.now()
    const jobs = sidekiq ?? jobsOf(sql)
    for (const [place, trainee] of (await findWaiting(sql)).entries()) await addQuietPoll(jobs, trainee, now, place)
  })
}

/**
 * The same, but for those that are about to fail: the bot will post them by itself. Nothing if the bot has any job; a
 * Sidekiq's are forgotten from run to run, so it is given what is still to do.
 */
export async function addFirstJobs(appUrl: string, sidekiq?: Jobs): Promise<void> {
  await inTransaction(appUrl, async (sql) => {
    if (!sidekiq && (await sql.exists(Job))) return
    const jobs = sidekiq ?? jobsOf(sql)
    const now = Date.now()
    for (const [place, trainee] of (await findWaiting(sql)).entries()) {
      if (trainee === TIMES_OUT) await jobs.poll(trainee, { dueMs: now + 28 * SECOND, timeoutMs: now + 28 * SECOND })
      else if (trainee === LOST) await jobs.poll(trainee, { dueMs: now + 15 * SECOND, timeoutMs: now + LONG })
      else await addQuietPoll(jobs, trainee, now, place)
    }
    const unregistered = await sql.query<{ id: string }[]>(UNREGISTERED_STILL, [UNREGISTERED])
    for (const [place, { id }] of unregistered.entries()) {
      await jobs.register(id, SUBMITTED_BY, now + (22 + place) * SECOND) // GIAS is loaded by then
    }
  })
}

const UNREGISTERED_STILL = 'SELECT id FROM public.trainees WHERE id = ANY($1) AND dttp_id IS NULL ORDER BY id'

async function addQuietPoll(jobs: Pick<Jobs, 'poll'>, trainee: string, now: number, place: number): Promise<void> {
  await jobs.poll(trainee, { dueMs: now + (25 + 4 * place) * MINUTE, timeoutMs: now + LONG })
}

function jobsOf(sql: EntityManager): Omit<Jobs, 'hurryPoll'> {
  return {
    async poll(trainee, { dueMs, timeoutMs }) {
      const timeoutAt = new Date(timeoutMs).toISOString().replace('Z', '')
      await startPoll(sql, { trainee, timeoutAt, dueAt: new Date(dueMs), changeRequest: null })
    },
    async register(trainee, submittedBy, dueMs) {
      const args = { submitted_by: submittedBy }
      await enqueueJob(sql, { name: 'register-for-trn', trainee, args, dueAt: new Date(dueMs) })
    },
  }
}

async function findWaiting(sql: EntityManager): Promise<string[]> {
  const rows = await sql.query<{ id: string }[]>(
    'SELECT id FROM public.trainees WHERE state = 1 AND trn IS NULL AND dttp_id IS NOT NULL ORDER BY id',
  )
  return rows.map(({ id }) => id)
}

async function inTransaction(appUrl: string, work: (sql: EntityManager) => Promise<void>): Promise<void> {
  const database = await createDataSource(appUrl).initialize()
  try {
    await database.transaction(work)
  } finally {
    await database.destroy()
  }
}
