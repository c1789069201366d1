import * as z from 'zod'
import { pollDuration } from '../register/jobs/poll-durations.ts'
import { memberId } from '../sidekiq/job.ts'

// What a plan does besides changing rows, as it is stored with a request: each job with its own arguments.

/**
 * What DTTP will be told by a registration: a hash of it, and what of it an approver sees, by column; `slug` is the
 * trainee's. Never part of what a playbook plans: it is added where the plan is made (registration/told).
 */
const told = z.strictObject({
  slug: z.string().nullable(),
  hash: z.string(),
  shows: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

export type Told = z.output<typeof told>

/** What a poll for a TRN replaces: each hour's poll is a new job, and there may be several. */
export const EVERY_POLL = 'every poll'

/** A job to add; `delaySeconds` counts from when the plan is carried out. */
const enqueue = z.discriminatedUnion('job', [
  ofJob('register-for-trn', { trainee: z.string(), submitted_by: z.string().nullable() }),
  ofJob('update-trainee', { trainee: z.string() }),
  ofJob('change-trainee-status', {
    trainee: z.string(),
    status: z.string(),
    entity: z.enum(['contact', 'placement_assignment']),
  }),
  ofJob('retrieve-trn', {
    trainee: z.string(),
    poll_for: pollDuration,
    /**
     * `EVERY_POLL`: it takes the place of every poll for the trainee that is in Register's Sidekiq when it is pushed. An
     * earlier version named one member, which is another one each hour.
     */
    replaces: z.string().optional(),
  }),
  ofJob('sync-schools', { urn: z.string() }),
])

function ofJob<Name extends string, Args extends z.ZodRawShape>(job: Name, args: Args) {
  return z.strictObject({
    kind: z.literal('enqueue'),
    job: z.literal(job),
    args: z.strictObject(args),
    delaySeconds: z.number().optional(),
    told: told.optional(),
  })
}

/** A failed job to run again as it is; `fingerprint` says which of its runs failed, or where Sidekiq has it. */
const retry = z.strictObject({
  kind: z.literal('retry'),
  job: z.enum(['register-for-trn', 'update-trainee']),
  jobId: z.string(),
  fingerprint: z.string(),
  trainee: z.string(),
  told: told.optional(),
})

/**
 * A job to be taken out of Register's Sidekiq, so that nobody has it run as well. Never part of what a playbook plans:
 * it is added where the plan is made (changes/assess/beside). There is no way back.
 */
const removeJob = z.strictObject({
  kind: z.literal('remove-job'),
  job: z.literal('register-for-trn'),
  trainee: z.string(),
  member: memberId,
})

/** What became of a registration that nobody had an answer to. */
const settle = z.strictObject({
  kind: z.literal('settle-registration'),
  jobId: z.string(),
  trainee: z.string(),
  outcome: z.enum(['registered', 'not-sent']),
})

const trelloCard = z.strictObject({ kind: z.literal('trello-card'), title: z.string(), text: z.string() })

/** For people: we only offer the words. `back`: those for taking it back. */
const manualStep = z.strictObject({
  kind: z.literal('manual-step'),
  title: z.string(),
  text: z.string(),
  back: z.strictObject({ title: z.string(), text: z.string() }).exactOptional(),
})

/** Something to happen after the commit. */
export const effect = z.discriminatedUnion('kind', [enqueue, retry, removeJob, settle, trelloCard, manualStep])

export type Effect = z.output<typeof effect>
export type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>
export type Enqueue = EffectOf<'enqueue'>

/** The trainee that an effect is about, by number; null for one that is about none. */
export function traineeOf(effect: Effect): string | null {
  if (effect.kind === 'enqueue') return 'trainee' in effect.args ? effect.args.trainee : null
  return 'trainee' in effect ? effect.trainee : null
}
