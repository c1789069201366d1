// Register's jobs as the bot finds them when the demo begins for the first time.
import type { EntityManager } from 'typeorm'
import { Job } from '../../src/entities/chatops/job.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { enqueueJob, startPoll } from '../../src/jobs/enqueue.ts'
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

/**
 * A poll for everyone who waits for a TRN, none due for a while.
 * @param appUrl the database, as the bot's own role
 */
export async function addQuietPolls(appUrl: string): Promise<void> {
  await inTransaction(appUrl, async (sql) => {
    const now = Date.now()
    for (const [place, trainee] of (await findWaiting(sql)).entries()) await addQuietPoll(sql, trainee, now, place)
  })
}

/** The same, but for those that are about to fail: the bot will post them by itself. Once: nothing if there is any job. */
export async function addFirstJobs(appUrl: string): Promise<void> {
  await inTransaction(appUrl, async (sql) => {
    if (await sql.exists(Job)) return
    const now = Date.now()
    for (const [place, trainee] of (await findWaiting(sql)).entries()) {
      if (trainee === TIMES_OUT) await addPoll(sql, trainee, { dueMs: now + 28 * SECOND, timeoutMs: now + 28 * SECOND })
      else if (trainee === LOST) await addPoll(sql, trainee, { dueMs: now + 15 * SECOND, timeoutMs: now + LONG })
      else await addQuietPoll(sql, trainee, now, place)
    }
    for (const [place, trainee] of UNREGISTERED.entries()) {
      const dueAt = new Date(now + (22 + place) * SECOND) // GIAS is loaded by then
      await enqueueJob(sql, { name: 'register-for-trn', trainee, args: { submitted_by: SUBMITTED_BY }, dueAt })
    }
  })
}

async function addQuietPoll(sql: EntityManager, trainee: string, now: number, place: number): Promise<void> {
  await addPoll(sql, trainee, { dueMs: now + (25 + 4 * place) * MINUTE, timeoutMs: now + LONG })
}

async function addPoll(
  sql: EntityManager,
  trainee: string,
  { dueMs, timeoutMs }: { dueMs: number; timeoutMs: number },
): Promise<void> {
  const timeoutAt = new Date(timeoutMs).toISOString().replace('Z', '')
  await startPoll(sql, { trainee, timeoutAt, dueAt: new Date(dueMs), changeRequest: null })
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
