import type { Job, JobFailure, JobName } from '../entities/chatops/job.ts'

// What failures have in common: those of one cause share one post.

/** What an alert's entry is about: a job's kind and trainee; a status change also by which record it changes. */
export function subjectOf({ name, traineeId, args }: Pick<Job, 'name' | 'traineeId' | 'args'>): string {
  const { entity } = args as { entity?: unknown }
  return `${name}:${traineeId ?? '-'}${typeof entity === 'string' ? `:${entity}` : ''}`
}

/** Who waits for a TRN that nobody asks for. */
export const NOT_POLLED = 'not-polled'

/** The causes of a failure, in the order in which their alerts are locked; several only where several schools are. */
export function causesOf(
  { name, traineeId }: Pick<Job, 'name' | 'traineeId'>,
  { code, urns = [] }: Pick<JobFailure, 'code' | 'urns'>,
): string[] {
  const ofTrainee = traineeId ?? '-'
  switch (code) {
    case 'school-not-active':
      return urns.length > 0
        ? [...new Set(urns)].sort().map((urn) => `school:${urn}`)
        : [`${name}:${code}:${ofTrainee}`]
    case 'dttp-unavailable':
      return ['dttp:unavailable']
    case 'dttp-unauthorised':
      return ['dttp:unauthorised']
    case 'switched-off':
      return [`switched-off:${flagOf(name)}`]
    case 'unexpected':
      return [`unexpected:${name}`]
    case 'timed-out':
      return [`timed-out:${ofTrainee}`]
    case 'not-polled':
      return [NOT_POLLED]
    case 'gone':
      return [traineeId === null ? `${name}:gone:-` : `contact-gone:${traineeId}`]
    case 'outcome-unknown':
      return [name === 'register-for-trn' ? `registration-unknown:${ofTrainee}` : `${name}:${code}:${ofTrainee}`]
    default:
      return [`${name}:${code}:${ofTrainee}`]
  }
}

/** The school that a cause is about; null for every other cause. */
export function urnOf(cause: string): string | null {
  return /^school:(.+)$/.exec(cause)?.[1] ?? null
}

/** Register's feature flag for a job. */
export function flagOf(name: JobName): 'persist_to_dttp' | 'sync_from_dttp' {
  return name === 'sync-schools' ? 'sync_from_dttp' : 'persist_to_dttp'
}
