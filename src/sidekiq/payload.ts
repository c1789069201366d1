import { createHash } from 'node:crypto'
import * as z from 'zod'
import { registerJobName } from '../register/jobs/words.ts'

// Makes what Register's own `perform_later` makes of a job, field by field (recorded: test/fixtures/sidekiq.json).

const trainee = z.string().regex(/^\d{1,18}$/)

/** A job of Register's with its arguments, as an outbox row keeps it. */
export const jobToPush = z.discriminatedUnion('name', [
  /** `submittedBy`: an id of Dynamics', which need not be a UUID by the letter. */
  z.strictObject({ name: z.literal('register-for-trn'), trainee, submittedBy: z.guid().nullable() }),
  z.strictObject({
    name: z.literal('change-trainee-status'),
    trainee,
    status: z.string(),
    entity: z.enum(['contact', 'placement_assignment']),
  }),
  z.strictObject({ name: z.literal('update-trainee'), trainee }),
  /** `timeoutAt`: UTC, as Register's timestamps are written; null for four days after the trainee was submitted. */
  z.strictObject({ name: z.literal('retrieve-trn'), trainee, timeoutAt: z.string().nullable() }),
  z.strictObject({ name: z.literal('sync-schools') }),
])

export type JobToPush = z.output<typeof jobToPush>

type Rule = { queue: 'default' | 'dttp'; retry: true | 0 }

/**
 * Each job's queue and `retry`, which stands outside and must never be left out: Sidekiq would take it for true,
 * whatever the job's class says, and register a trainee 25 times. `false` would throw a failed job away.
 */
const RULES: Readonly<Record<JobToPush['name'], Rule>> = {
  'register-for-trn': { queue: 'default', retry: 0 },
  'change-trainee-status': { queue: 'default', retry: true },
  'update-trainee': { queue: 'dttp', retry: 0 },
  'retrieve-trn': { queue: 'default', retry: true },
  'sync-schools': { queue: 'dttp', retry: true },
}

/** Both wrap a job in 6.x and 7; 8 has another one, and is not written to. */
const WRAPPER = 'ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper'

export function queueOf({ name }: JobToPush): Rule['queue'] {
  return RULES[name].queue
}

/**
 * The member to push. `id` is our outbox row's; ActiveJob keeps it over every retry, so it is what we know the job by.
 * A job for later has no `enqueued_at` outside, as Sidekiq writes that when it is due.
 */
export function payloadOf(job: JobToPush, { id, now, later }: { id: string; now: Date; later: boolean }): string {
  const { queue, retry } = RULES[job.name]
  const wrapped = registerJobName(job.name)
  const seconds = now.getTime() / 1000
  return JSON.stringify({
    retry,
    queue,
    class: WRAPPER,
    wrapped,
    args: [
      {
        job_class: wrapped,
        job_id: id,
        provider_job_id: null,
        queue_name: queue,
        priority: null,
        arguments: argumentsOf(job),
        executions: 0,
        exception_executions: {},
        locale: 'en',
        timezone: 'UTC',
        enqueued_at: `${now.toISOString().slice(0, 19)}Z`,
      },
    ],
    jid: jidOf(id),
    created_at: seconds,
    ...(later ? {} : { enqueued_at: seconds }),
  })
}

/** Sidekiq's id: 24 hexadecimal digits. The same for the same outbox row, so that nothing can be pushed as two jobs. */
function jidOf(id: string): string {
  return createHash('sha1').update(id).digest('hex').slice(0, 24)
}

function argumentsOf(job: JobToPush): unknown[] {
  switch (job.name) {
    case 'register-for-trn':
      return [globalId(job.trainee), job.submittedBy]
    case 'change-trainee-status':
      return [globalId(job.trainee), job.status, serialised('SymbolSerializer', job.entity)]
    case 'update-trainee':
      return [globalId(job.trainee)]
    case 'retrieve-trn':
      return [globalId(job.trainee), ...(job.timeoutAt === null ? [] : [timeOf(job.timeoutAt)])]
    case 'sync-schools':
      return []
  }
}

const globalId = (number: string) => ({ _aj_globalid: `gid://register-trainee-teachers/Trainee/${number}` })

/** Without its serializer a symbol would arrive as a text, and the job would find no place to send it to. */
const serialised = (name: string, value: string) => ({ _aj_serialized: `ActiveJob::Serializers::${name}`, value })

/** To the microsecond, as Register keeps times. Throws on what is none: a job that cannot be read is never pushed. */
function timeOf(timestamp: string): object {
  const [, day, time, fraction = ''] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(timestamp) ?? []
  if (!day || !time) throw new TypeError('not a timestamp of Register’s')
  return serialised('TimeWithZoneSerializer', `${day}T${time}.${fraction.padEnd(9, '0')}Z`)
}

/**
 * What "Retry now" on Sidekiq's page makes of a failed job: one retry less, and queued now. The rest stays, its errors
 * and its ids included. Throws on what is no job.
 */
export function retriedPayload(member: Buffer, now: Date): { payload: string; queue: string } {
  const job = failedJob.parse(JSON.parse(member.toString('utf8')))
  const count = job.retry_count === undefined ? {} : { retry_count: job.retry_count - 1 }
  const payload = JSON.stringify({ ...job, ...count, enqueued_at: now.getTime() / 1000 })
  return { payload, queue: job.queue }
}

/** Of a queue that we write to. */
const failedJob = z.looseObject({
  class: z.literal(WRAPPER),
  queue: z.enum(['default', 'dttp']),
  args: z.array(z.unknown()).min(1),
  retry: z.union([z.literal(true), z.number()]),
  retry_count: z.number().int().optional(),
})
