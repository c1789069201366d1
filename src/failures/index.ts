import { londonDay } from '../calendar/london.ts'
import { isOurs, type SeenJobName } from '../entities/chatops/job.ts'
import type { FailureCode, JobFailure } from '../entities/chatops/job-failure.ts'
import * as causes from './causes.ts'
import * as cures from './cures.ts'
import { explainVanished } from './explanations.ts'
import type { About, Because, Explanation } from './found.ts'
import { explainOther } from './other-jobs.ts'
import { FAILURES } from './table.ts'

/** The causes of a job's failure, in the order in which their alerts are locked; several only where several schools are. */
export function causesOf(
  { name, traineeId, className = null }: { name: SeenJobName; traineeId: string | null; className?: string | null },
  { code, urns = [], by, at }: Pick<JobFailure, 'code' | 'urns' | 'by' | 'at'>,
): string[] {
  const failed = {
    job: name,
    className,
    code,
    trainee: traineeId ?? '-',
    urns,
    day: londonDay(at),
    byRegister: by === 'register',
  }
  const { causes: ofCode } = FAILURES[code]
  // What can be done about one of our jobs is of no use to the others.
  const own = isOurs(name) || OF_ALL.includes(code) ? ofCode : causes.ofOtherJob
  return own(failed)
}

/** What ails all jobs alike. */
const OF_ALL: readonly FailureCode[] = ['dttp-unavailable', 'dttp-unauthorised', 'register-unavailable']

/** What a failure means, and what people can do about it. Pure. */
export function explain(about: About): Explanation {
  if (isOurs(about.job) || OF_ALL.includes(about.code)) return FAILURES[about.code].explain(about)
  const other = explainOther(about)
  return about.code === 'vanished' ? { ...explainVanished(about), without: other.without } : other
}

/** Why the cause of an entry has gone away although its job has not run; null if it has not. Pure. */
export function findCure(entry: cures.Entry, seen: cures.Circumstances): Because | null {
  if (!isOurs(causes.jobOf(entry))) return cures.ofOtherJob(entry, seen)
  return cures.isPollLost(entry, seen) ? null : FAILURES[entry.failure.code].cure(entry, seen)
}
