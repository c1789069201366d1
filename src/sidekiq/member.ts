import { createHash } from 'node:crypto'
import * as z from 'zod'
import { readRegisterFailure } from '../failures/register-failure.ts'
import { findJobOfRegister } from '../register/jobs/words.ts'
import { readArguments, readTrainee } from './arguments.ts'
import type { MemberId, RegisterJob, StrangeMember } from './job.ts'

// Reads one member of Redis: the JSON of a Sidekiq job, with ActiveJob's own inside. Sidekiq 6, 7 and 8 are read alike.

/** Register's longest are about 12,000 bytes, of which an error's message is 10,000. */
const LONGEST_MEMBER = 100_000

/** A text of ours or of Sidekiq's that is used as a key; anything else counts as not there. */
const key = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .nullable()
  .catch(null)
const className = z
  .string()
  .regex(/^[A-Z]\w{0,99}(::[A-Z]\w{0,99}){0,9}$/)
  .nullable()
  .catch(null)
const counter = z.number().int().min(0).max(1e6)

/**
 * Seconds since 1970; Sidekiq 8 writes whole milliseconds. Null for what is no time, or is of no year with four digits:
 * no database would take it.
 */
export const sidekiqTime = z
  .number()
  .min(0)
  .max(Date.UTC(9999, 11, 31))
  .transform((number) => new Date(number > FIRST_MS ? number : number * 1000))
  .nullable()
  .catch(null)
/** As seconds it is the year 5138, as milliseconds 1973. */
const FIRST_MS = 1e11

const payload = z.object({
  class: className,
  wrapped: className,
  args: z.array(z.unknown()).catch([]),
  jid: key,
  retry: z.union([z.boolean(), counter]).nullable().catch(null),
  retry_count: counter.nullable().catch(null),
  error_class: className,
  error_message: z.string().catch(''),
  created_at: sidekiqTime,
  enqueued_at: sidekiqTime,
  failed_at: sidekiqTime,
  retried_at: sidekiqTime,
})

/** What ActiveJob puts into Sidekiq's one argument. */
const activeJob = z.object({
  job_class: className,
  job_id: key,
  arguments: z.array(z.unknown()).catch([]),
  executions: counter.catch(0),
})

type Found = Omit<MemberId, 'sha1' | 'queue'> & { queue: string | null; at?: Date | null }

/** SHA-1 as Redis's own `redis.sha1hex` gives it. */
export function sha1Of(member: Buffer): string {
  return createHash('sha1').update(member).digest('hex')
}

/** Reads a member. `found.queue` is null in a set, where the member itself names the queue. Never throws. */
export function readMember(member: Buffer, found: Found): RegisterJob | StrangeMember {
  const id = { place: found.place, queue: found.queue ?? 'default', score: found.score, sha1: sha1Of(member) }
  if (member.length > LONGEST_MEMBER) return { ...id, why: 'too-long' }
  const json = parseJson(member.toString('utf8'))
  if (json === undefined) return { ...id, why: 'not-json' }
  const read = payload.safeParse(json)
  if (!read.success) return { ...id, why: 'no-job' }
  const queue = found.queue ?? queueName.parse((json as { queue?: unknown }).queue)
  return readJob({ ...id, queue }, read.data, found.at ?? readScore(found.score))
}

export function isStrange(member: RegisterJob | StrangeMember): member is StrangeMember {
  return 'why' in member
}

/** The name of a queue that Redis gave; `default`, as Sidekiq has it, for what is none. */
export const queueName = z
  .string()
  .regex(/^[\w.:-]{1,100}$/)
  .catch('default')

function readJob(id: MemberId, job: z.output<typeof payload>, at: Date | null): RegisterJob {
  const inner = activeJob.safeParse(job.args[0])
  const { job_class = null, job_id = null, executions = 0, arguments: given = [] } = inner.success ? inner.data : {}
  const registerClass = job_class ?? job.wrapped ?? (inner.success ? null : job.class)
  const name = registerClass === null ? null : findJobOfRegister(registerClass)
  const { error_class: errorClass, error_message: message } = job
  return {
    ...id,
    className: registerClass,
    name,
    trainee: readTrainee(given[0]),
    args: readArguments(registerClass, given),
    jid: job.jid,
    jobId: job_id,
    retries: job.retry,
    retryCount: job.retry_count,
    executions,
    errorClass,
    failure: errorClass === null && !message ? null : readRegisterFailure({ job: name, errorClass, message }),
    createdAt: job.created_at,
    enqueuedAt: job.enqueued_at,
    failedAt: job.failed_at,
    retriedAt: job.retried_at,
    at,
  }
}

function readScore(score: string | null): Date | null {
  return score === null ? null : sidekiqTime.parse(Number(score))
}

/** The value of a JSON text; undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
