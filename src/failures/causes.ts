import type { Job, SeenJobName } from '../entities/chatops/job.ts'
import type { FailureCode } from '../entities/chatops/job-failure.ts'
import { flagOf } from '../register/jobs/words.ts'

// The causes of failures. Failures of one cause share one post.

/**
 * What an alert's entry is about: a job's kind and trainee; a status change also by which record it changes, and a job
 * of Register's that the bot does not know by its class.
 */
export function subjectOf({ name, traineeId, args, className }: About): string {
  const { entity } = args as { entity?: unknown }
  const more = typeof entity === 'string' ? entity : name === 'other' ? className : null
  return `${name}:${traineeId ?? '-'}${more ? `:${more}` : ''}`
}

type About = Pick<Job, 'traineeId' | 'args'> & { name: SeenJobName; className?: string | null }

/** The kind of job that an entry is about. */
export function jobOf({ subject }: { subject: string }): SeenJobName {
  return subject.split(':')[0] as SeenJobName // subjectOf wrote it
}

/** What decides the cause of a job's failure; `trainee` is '-' where there is none. */
type Failed = {
  job: SeenJobName
  /** Register's class, where `job` does not say it. */
  className: string | null
  code: FailureCode
  trainee: string
  urns: readonly string[]
  /** The day in London on which it failed, such as `2021-10-27`. */
  day: string
  /** Whether Register's own Sidekiq ran it. */
  byRegister: boolean
}

/** The causes of a failure, in the order in which their alerts are locked. */
export type Causes = (failed: Failed) => string[]

/** The cause of the alert about trainees for whose TRN nobody asks. */
export const NOT_POLLED = 'not-polled'

export const ofJobAndTrainee: Causes = ({ job, code, trainee }) => [`${job}:${code}:${trainee}`]

export const ofSchools: Causes = (failed) =>
  failed.urns.length > 0 ? [...new Set(failed.urns)].sort().map(causeOfSchool) : ofJobAndTrainee(failed)

export const ofFlag: Causes = ({ job }) => [`switched-off:${flagOf(job)}`]

export const ofRecord: Causes = ({ job, trainee }) => [trainee === '-' ? `${job}:gone:-` : `contact-gone:${trainee}`]

export const ofRegistration: Causes = (failed) =>
  failed.job === 'register-for-trn' ? [`registration-unknown:${failed.trainee}`] : ofJobAndTrainee(failed)

/** Nothing can be done about one trainee alone, so that all failures of a kind share a post. */
export const ofOtherJob: Causes = ({ job, code, className, day }) => {
  if (code === 'timed-out') return [`timed-out-award:${day}`] // nothing else of these times out
  return [`${code}:${job}${job === 'other' && className ? `:${className}` : ''}`]
}

export function causeOfSchool(urn: string): string {
  return `school:${urn}`
}

/** The school that a cause is about; null for every other cause. */
export function urnOf(cause: string): string | null {
  return /^school:(.+)$/.exec(cause)?.[1] ?? null
}
