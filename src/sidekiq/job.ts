import * as z from 'zod'
import type { JobName } from '../entities/chatops/job.ts'
import type { RegisterFailure } from '../failures/register-failure.ts'

// What is known of a job in Register's Sidekiq. It holds nothing personal and no free text.

/** Where Sidekiq keeps a job: a queue, one of its three sets, or with the process that runs it. */
export type Place = MemberId['place']

/** Which member of Redis a job is. It changes whenever Sidekiq moves the job on. */
export const memberId = z.strictObject({
  place: z.enum(['queue', 'schedule', 'retry', 'dead', 'running']),
  /** The queue that it is in or goes to. A member of a set that names none goes to `default`. */
  queue: z.string(),
  /** In a set: its score exactly as Redis writes it, in seconds. Null elsewhere. */
  score: z.string().nullable(),
  /** SHA-1 of the member's exact bytes; of a running job, of what it was when a process took it. */
  sha1: z.string().regex(/^[0-9a-f]{40}$/),
})

export type MemberId = z.output<typeof memberId>

/** A job in one of Sidekiq's sets as a plan names it: "dead 1795850099.72 <SHA-1>". Null for any other text. */
export function readFingerprint(text: string): MemberId | null {
  const [, place, score, sha1] = /^(schedule|retry|dead) (\S{1,40}) ([0-9a-f]{40})$/.exec(text) ?? []
  if (!isSet(place) || !score || !sha1) return null
  return { place, queue: 'default', score, sha1 }
}

/** Whether a process has it, or is about to: it cannot be taken out then. */
export function isTakenUp({ place }: Pick<MemberId, 'place'>): boolean {
  return place === 'queue' || place === 'running'
}

/** The same of what must be one. Throws on any other text. */
export function demandMember(fingerprint: string): MemberId {
  const member = readFingerprint(fingerprint)
  if (!member) throw new TypeError('not a job of Register’s Sidekiq')
  return member
}

function isSet(place: string | undefined): place is 'schedule' | 'retry' | 'dead' {
  return place === 'schedule' || place === 'retry' || place === 'dead'
}

/** The arguments that matter, for the jobs that have them. What has another type than Register gives it is left out. */
export type RegisterArguments = {
  /** Of a poll: until when it polls, in UTC with nine digits of a second. Null for Register's own default. */
  timeoutAt?: string | null
  /** Of a registration: the DTTP id of who submitted the trainee. */
  submittedBy?: string | null
  /** Of a change of status. */
  status?: string
  entity?: 'contact' | 'placement_assignment'
  /** Of a sync of schools: whether it goes on with a later page. */
  isLaterPage?: boolean
}

/** A job. Every time is null where Sidekiq has not written it. */
export type RegisterJob = MemberId & {
  /** Register's class, such as "Dttp::RetrieveTrnJob"; null for what is no name of a class. */
  className: string | null
  /** Our name for it, where it is one of Register's five. */
  name: JobName | null
  /** The trainee's number, where its first argument is one. */
  trainee: string | null
  args: RegisterArguments
  /** Sidekiq's id: it stays over Sidekiq's own retries, and changes at each attempt of ActiveJob's `retry_on`. */
  jid: string | null
  /** ActiveJob's id, which stays over both. Where we pushed the job, it is our outbox row's. */
  jobId: string | null
  /** What `retry` says outside: 0 for a job that dies when it first fails. */
  retries: boolean | number | null
  /** How often Sidekiq has tried it again; null where it has never failed. */
  retryCount: number | null
  /** Attempts that `retry_on` caught. Such a job waits in `schedule` without an error. */
  executions: number
  /** The last error, which may be of an earlier run: a job that people have had tried again keeps it. */
  errorClass: string | null
  failure: RegisterFailure | null
  createdAt: Date | null
  enqueuedAt: Date | null
  /** When it failed first, and last. */
  failedAt: Date | null
  retriedAt: Date | null
  /** In a set: its score. Of a running job: when it began. */
  at: Date | null
}

/** A member that is no job that could be read. */
export type StrangeMember = MemberId & { why: 'not-json' | 'no-job' | 'too-long' }

/** A step of reading: what one command of Redis gave. Members that moved meanwhile may be in several pages. */
export type JobPage = { place: Place; jobs: RegisterJob[]; strange: StrangeMember[] }
