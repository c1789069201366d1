import type { FailureCode, Job, JobName } from '../entities/chatops/job.ts'
import { flagOf } from '../register/jobs.ts'

// The causes of failures. Failures of one cause share one post.

/** What an alert's entry is about: a job's kind and trainee; a status change also by which record it changes. */
export function subjectOf({ name, traineeId, args }: Pick<Job, 'name' | 'traineeId' | 'args'>): string {
  const { entity } = args as { entity?: unknown }
  return `${name}:${traineeId ?? '-'}${typeof entity === 'string' ? `:${entity}` : ''}`
}

/** The kind of job that an entry is about. */
export function jobOf({ subject }: { subject: string }): JobName {
  return subject.split(':')[0] as JobName // subjectOf wrote it
}

/** What decides the cause of a job's failure; `trainee` is '-' where there is none. */
type Failed = { job: JobName; code: FailureCode; trainee: string; urns: readonly string[] }

/** The causes of a failure, in the order in which their alerts are locked. */
export type Causes = (failed: Failed) => string[]

/** The cause of the alert about trainees for whose TRN nobody asks. */
export const NOT_POLLED = 'not-polled'

export const ofJobAndTrainee: Causes = ({ job, code, trainee }) => [`${job}:${code}:${trainee}`]

export const ofSchools: Causes = (failed) =>
  failed.urns.length > 0 ? [...new Set(failed.urns)].sort().map((urn) => `school:${urn}`) : ofJobAndTrainee(failed)

export const ofFlag: Causes = ({ job }) => [`switched-off:${flagOf(job)}`]

export const ofRecord: Causes = ({ job, trainee }) => [trainee === '-' ? `${job}:gone:-` : `contact-gone:${trainee}`]

export const ofRegistration: Causes = (failed) =>
  failed.job === 'register-for-trn' ? [`registration-unknown:${failed.trainee}`] : ofJobAndTrainee(failed)

/** The school that a cause is about; null for every other cause. */
export function urnOf(cause: string): string | null {
  return /^school:(.+)$/.exec(cause)?.[1] ?? null
}
