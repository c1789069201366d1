import type { JobFailure } from './job.ts'

/** What the people who asked for a job want to hear of it, in their request's thread. Times as the jobs have them. */
export type JobNews =
  | { kind: 'no-trn-yet'; next: string; timeout: string }
  | { kind: 'trn-received' }
  | { kind: 'done' }
  | { kind: 'failed'; failure: JobFailure }
