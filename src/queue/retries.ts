import type { FailureCode, JobName } from '../entities/chatops/job.ts'

// When a failed job runs again, as in Register: `retry_on Dttp::Client::HttpError` adds five quick attempts where
// Sidekiq's `retry` is true, and then Sidekiq's own 25 follow over three weeks. With `retry: 0` there is none.

const RETRIED: Readonly<Record<JobName, boolean>> = {
  'retrieve-trn': true,
  'change-trainee-status': true,
  'sync-schools': true,
  'register-for-trn': false,
  'update-trainee': false,
}

const QUICK_ATTEMPTS = 5
const QUICK_PAUSE_MS = 3_000
const SIDEKIQ_ATTEMPTS = 25

/** What waiting may cure; every other failure is final at once. */
const PASSING: readonly FailureCode[] = ['dttp-unavailable', 'dttp-unauthorised', 'dttp-unreadable', 'unexpected']
/** What a repeat of the job settles, since it only sets what it set before. */
const REPEATABLE: Readonly<Partial<Record<JobName, FailureCode>>> = { 'change-trainee-status': 'outcome-unknown' }

/**
 * Milliseconds until the next attempt; null if there is none.
 * @param attempts how often the job has failed in a row, this time included
 */
export function pauseAfter(job: JobName, code: FailureCode, attempts: number, jitter = Math.random()): number | null {
  if (!RETRIED[job] || !(PASSING.includes(code) || REPEATABLE[job] === code)) return null
  if (attempts < QUICK_ATTEMPTS) return QUICK_PAUSE_MS
  const count = attempts - QUICK_ATTEMPTS
  if (count >= SIDEKIQ_ATTEMPTS) return null
  return (count ** 4 + 15 + Math.floor(jitter * 10) * (count + 1)) * 1000
}

/** Whether people must do something, although the job is tried again. */
export function needsPeople(code: FailureCode): boolean {
  return code === 'dttp-unauthorised'
}
