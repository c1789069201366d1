import type { JobRow, SeenJobName } from '../../entities/chatops/job.ts'
import type { JobFailure } from '../../entities/chatops/job-failure.ts'
import type { SeenJob } from '../../entities/chatops/seen-job.ts'

/** Where a job stands, in the order in which people want to see them. */
export const JOB_KINDS = ['stuck', 'failed', 'retrying', 'running', 'delayed'] as const

/**
 * - `stuck`: overdue, or its worker is gone
 * - `failed`: given up, and nothing has done its work since
 * - `retrying`: failed, and waits for its next attempt
 * - `delayed`: waits for its time
 */
export type JobKind = (typeof JOB_KINDS)[number]

export type JobCounts = Readonly<Record<JobKind, number>>

/** A job as `/trainee jobs` lists it. */
export type ListedJob = {
  id: string
  kind: JobKind
  name: SeenJobName
  traineeId: string | null
  /** The last part of the trainee's link; null without a trainee, or if the trainee is no longer in Register. */
  slug: string | null
  status: JobRow['status']
  /** When it runs next, or ran last. */
  dueAt: Date
  /** While it runs: when its worker counts as dead unless it is heard of again. */
  leaseUntil: Date | null
  finishedAt: Date | null
  createdAt: Date
  /** Failures in a row. */
  attempts: number
  /** How often it ran. */
  run: number
  failure: JobFailure | null
  progress: object | null
  changeRequestId: string | null
  /** Who runs it, and where Register's Sidekiq has it. */
  runner: SeenJob['runner']
  place: SeenJob['place']
  /** Register's class, where the name does not say it. */
  className: string | null
  /** What the read-only checks found when they last looked at its failure; null if they have not. */
  found: object | null
  /** Whether what made it fail has gone away since, so far as the checks can tell. */
  isCauseGone: boolean
  /** The code of its failure, where that is why it is listed. Jobs of one kind, name and cause stand together. */
  cause: string | null
  /** How many jobs there are of this kind, name and cause, on this page or not. */
  inGroup: number
}

/** What `/trainee jobs` is narrowed to. */
export type JobFilter = { name: SeenJobName | null; trainee: string | null }
