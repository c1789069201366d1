import type { FailureCode } from '../entities/chatops/job-failure.ts'

/** A job that cannot go on, and why, in words for people. */
export class JobFailed extends Error {
  constructor(
    readonly code: FailureCode,
    readonly words: string,
    readonly urns: string[] = [],
  ) {
    super(`${code}: ${words}`)
    this.name = 'JobFailed'
  }
}
