import type { JobName } from '../../entities/chatops/job.ts'
import type { FailureCode } from '../../entities/chatops/job-failure.ts'
import { FAILURES } from '../../failures/table.ts'

// When a failed job runs again. It is as in Register: a job with `retry_on Dttp::Client::HttpError` has five quick
// attempts; if Sidekiq's `retry` is true, 25 more follow over three weeks; with `retry: 0` there are none.

/** How many quick attempts each job has; null for a job that is never tried again. */
const QUICK_ATTEMPTS: Readonly<Record<JobName, number | null>> = {
  'retrieve-trn': 5,
  'change-trainee-status': 5,
  'sync-schools': 1,
  'register-for-trn': null,
  'update-trainee': null,
  'load-gias': 1,
}

const QUICK_PAUSE_MS = 3_000
const SIDEKIQ_ATTEMPTS = 25

/**
 * An unknown outcome of this job is no reason to stop: the job can be repeated, since it sets the same status again.
 */
const REPEATABLE: Readonly<Partial<Record<JobName, FailureCode>>> = { 'change-trainee-status': 'outcome-unknown' }

/**
 * Milliseconds until the next attempt; null if there is none.
 * @param attempts how often the job has failed in a row, this time included
 * @param options.atLeastMs how long the other side asked to be left alone
 */
export function pauseAfter(
  job: JobName,
  code: FailureCode,
  attempts: number,
  { atLeastMs = 0, jitter = Math.random() } = {},
): number | null {
  const quick = QUICK_ATTEMPTS[job]
  if (quick === null || !(FAILURES[code].passes || REPEATABLE[job] === code)) return null
  const count = attempts - quick
  if (count >= SIDEKIQ_ATTEMPTS) return null
  const pause = count < 0 ? QUICK_PAUSE_MS : (count ** 4 + 15 + Math.floor(jitter * 10) * (count + 1)) * 1000
  return Math.max(pause, atLeastMs)
}
