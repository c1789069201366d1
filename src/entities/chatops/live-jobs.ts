import { In } from 'typeorm'
import type { JobRow } from './job.ts'

/** A job that is still to do, or being done. */
const LIVE = ['waiting', 'running'] as const satisfies readonly JobRow['status'][]

export function isLive({ status }: Pick<JobRow, 'status'>): boolean {
  return LIVE.some((live) => live === status)
}

/** For a query's `where`: jobs that are live. */
export function live() {
  return { status: In([...LIVE]) }
}

/** For SQL: the condition that a row of chatops.seen_jobs, or of either table behind it, is live. */
export const LIVE_SQL = "status IN ('waiting', 'running')"
