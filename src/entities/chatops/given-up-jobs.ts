import { IsNull } from 'typeorm'

// A job that is given up: it has failed, is not tried again by itself, and nothing has done its work since.

/** For a query's `where`: jobs that are given up. */
export function givenUp() {
  return { status: 'failed' as const, curedAt: IsNull() }
}

/** For SQL: the condition that a row `job` of chatops.seen_jobs, or of either table behind it, is given up. */
export const GIVEN_UP_SQL = "job.status = 'failed' AND job.cured_at IS NULL"
