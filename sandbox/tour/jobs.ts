// Register's jobs, put into the bot's tables and hurried on by the story.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Jobs } from '../demo/jobs.ts'
import type { Records } from './records.ts'

/** Where the story puts jobs, and hurries them on, when the bot runs them itself. */
export function jobsOf(records: Records): Omit<Jobs, 'poll'> {
  return {
    register: (trainee, submittedBy) => addRegistration(records, Number(trainee), submittedBy),
    hurryPoll: (trainee, options) => hurryPoll(records, Number(trainee), options),
  }
}

/** Turns the clock: a trainee's poll is due at once and, if so wished, its time is up. */
export async function hurryPoll(
  records: Records,
  trainee: number,
  { isTimeUp = false }: { isTimeUp?: boolean } = {},
): Promise<void> {
  const time = isTimeUp ? `, timeout_at = (now() AT TIME ZONE 'UTC') + interval '1 second'` : ''
  const [poll] = await records.query<{ job_id: string }>(
    `UPDATE chatops.polls SET polled_at = NULL${time} WHERE trainee_id = $1 RETURNING job_id`,
    [trainee],
  )
  await records.query(`UPDATE chatops.jobs SET due_at = now() + interval '1 second' WHERE id = $1`, [poll?.job_id])
  await hint(records, poll?.job_id)
}

/** A job to register a trainee with DTTP, as Register adds it on behalf of a user. */
export async function addRegistration(records: Records, trainee: number, submittedBy: string): Promise<void> {
  const [job] = await records.query<{ id: string }>(
    `INSERT INTO chatops.jobs (name, trainee_id, args)
     VALUES ('register-for-trn', $1, jsonb_build_object('submitted_by', $2::text)) RETURNING id`,
    [trainee, submittedBy],
  )
  await hint(records, job?.id)
}

const GIAS_WITHIN_MS = 60_000

/** Resolves once the bot has loaded GIAS's extract, as it does by itself when it starts for the first time. */
export async function untilGiasIsLoaded({ query }: Records): Promise<void> {
  const deadline = Date.now() + GIAS_WITHIN_MS
  while ((await query(`SELECT FROM chatops.gias_loads WHERE outcome = 'loaded'`)).length === 0) {
    if (Date.now() > deadline) throw new Error('The bot has not loaded GIAS.')
    await sleep(200)
  }
}

/** The queue hears of jobs through the outbox. */
async function hint({ query }: Records, job: string | undefined): Promise<void> {
  await query(
    `INSERT INTO chatops.outbox (stream, kind, payload)
     VALUES ('job:' || $1::text, 'job', jsonb_build_object('job', $1::text))`,
    [job],
  )
}
