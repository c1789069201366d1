import { Column, Entity, PrimaryColumn } from 'typeorm'
import * as z from 'zod'
import { stored, storedForm } from '../stored.ts'

/** Where a change request stands; the legal steps between these are in changes/transitions.ts. */
export type Status =
  | 'unsent'
  | 'pending'
  | 'approved'
  | 'verifying'
  | 'done'
  | 'rejected'
  | 'cancelled'
  | 'expired'
  | 'stale'
  | 'failed'
  | 'needs-attention'

/** A playbook's form, filled in as far as it is known, and the words on its button. */
const followUp = z.object({ label: z.string(), playbook: z.string(), values: z.record(z.string(), z.string()) })

/** One postcondition: a sentence that should hold, whether it did, and what was looked at. */
const postcondition = z.object({
  sentence: z.string(),
  holds: z.boolean(),
  found: z.string(),
  /** It does not hold yet, but may do so before the playbook's deadline. */
  waiting: z.boolean().exactOptional(),
  /** Whoever knows has not said: it is no news, whatever was found before. */
  silent: z.boolean().exactOptional(),
  /** Until when it may wait, where that is later than the playbook's deadline. */
  until: z.string().exactOptional(),
  /** What to say of the whole request while this does not hold, in place of the general words. */
  problem: z.string().exactOptional(),
  /** The id of the record in DTTP that came of it. */
  record: z.string().exactOptional(),
  /** What people can ask for next if this does not hold. */
  followUps: z.array(followUp).exactOptional(),
  /** One of several trainees whose jobs were started, and how far they are. Each has a line on the card. */
  trainee: z.object({ id: z.string(), is: z.enum(['done', 'waiting', 'failed']) }).exactOptional(),
})

/**
 * What people do next: a sentence, a message that they can copy, and what to do with it, as an order. `until`: it is
 * needless once the request's trainee has a TRN.
 */
const advice = z.object({
  lead: z.string(),
  message: z.string().nullable(),
  step: z.string().exactOptional(),
  until: z.literal('trn').exactOptional(),
})
const moved = z.object({
  columns: z.array(z.string()),
  checks: z.array(z.string()),
  /** Trainees, by number, of whom DTTP would be told something else. */
  told: z.array(z.string()).optional(),
  noticedAt: z.string(),
})

/**
 * A poll found no TRN yet, and goes on until its timeout; or found the TRN; or ended without one; or a later request, by its
 * number, took its place. Times are as in the jobs' own data.
 */
const poll = z.union([
  z.object({ next: z.string(), timeout: z.string() }),
  z.literal('trn'),
  z.literal('over'),
  z.object({ by: z.string() }),
])

const trelloCard = z.object({ key: z.string(), title: z.string(), url: z.string() })

/**
 * What came of a request, in facts; views turn them into words. Holds column names, never personal values. A part that
 * another version of the bot wrote, and that cannot be read, counts as not there; one that this version does not know is kept
 * as it is whenever the others are written.
 */
const outcome = z.object({
  /** Why it went out of date: columns that moved, or the sentences of checks that now find something else. */
  moved: moved.optional().catch(undefined),
  /** Why it failed or needs attention, in words for the person in Slack. */
  problem: z.string().optional().catch(undefined),
  /** Postconditions as last looked at after the commit. */
  verified: z.array(postcondition).optional().catch(undefined),
  /** The build of the bot that looked last: another one may say the same in other words. */
  build: z.string().optional().catch(undefined),
  /** What people knew to be wrong when they dealt with it, one line for each postcondition (changes/attention.ts). */
  dealtWith: z.array(z.string()).optional().catch(undefined),
  advice: advice.nullable().optional().catch(undefined),
  /** An earlier version of the bot has left it to the last look to have the thread say what is left to do by hand. */
  stepsFollow: z.literal(true).optional().catch(undefined),
  /** Why it can be neither decided nor carried out for now: its playbook is off. */
  off: z.string().optional().catch(undefined),
  /** The cards that were added to Trello, each by its outbox row. */
  trello: z.array(trelloCard).optional().catch(undefined),
  /** What has become of the poll that it started. */
  poll: poll.optional().catch(undefined),
  /** The request that it undoes, as its number, and that one's title. For the undo of an undo: the request that holds again. */
  undoes: z
    .object({ request: z.string(), title: z.string(), redoes: z.string().optional() })
    .optional()
    .catch(undefined),
  /** Who cancelled it after it was approved. */
  cancelledBy: z.string().optional().catch(undefined),
  /** What the school is called whose URN its form names. */
  school: z.string().optional().catch(undefined),
  /** The number of the request that has undone it. */
  undoneBy: z.string().optional().catch(undefined),
  /** When the requester was told what the next school sync did to the rows that the request wrote. */
  synced: z.string().optional().catch(undefined),
})

export type RequestOutcome = z.output<typeof outcome>
export type Postcondition = z.output<typeof postcondition>
export type FollowUp = z.output<typeof followUp>
export type Advice = z.output<typeof advice>

/** One run of a playbook from proposal to outcome. `form`, `plan` and `checks` are emptied when it is purged. */
@Entity({ name: 'change_requests', schema: 'chatops', synchronize: false })
export class ChangeRequest {
  @PrimaryColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'text' })
  playbook!: string

  @Column({ name: 'playbook_version', type: 'integer' })
  playbookVersion!: number

  @Column({ type: 'text' })
  status!: Status

  /** Slack user id of the person who asked. */
  @Column({ type: 'text' })
  requester!: string

  /** Slack channel the card belongs in. */
  @Column({ type: 'text' })
  channel!: string

  @Column({ name: 'trainee_id', type: 'bigint', nullable: true })
  traineeId!: string | null

  /** The last part of the trainee's link in Register. */
  @Column({ name: 'trainee_slug', type: 'text', nullable: true })
  traineeSlug!: string | null

  @Column({ type: 'jsonb', nullable: true, transformer: stored(storedForm) })
  form!: z.output<typeof storedForm>

  @Column({ type: 'jsonb', nullable: true })
  plan!: object | null

  @Column({ type: 'jsonb', nullable: true })
  checks!: object | null

  /** The rows the plan writes, as `table:id`; no two open requests share one. */
  @Column({ type: 'text', array: true })
  subjects!: string[]

  /** SHA-256 in hex over everything that is approved (contract/plan.ts). */
  @Column({ type: 'text' })
  digest!: string

  /** The request this one was made from ("Preview again", undo). */
  @Column({ type: 'bigint', nullable: true })
  follows!: string | null

  /** The submission of a form that made it, where one did: see `Asking`. */
  @Column({ type: 'text', nullable: true })
  submission!: string | null

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date

  /** When its answers were last changed; null where an earlier version made it. */
  @Column({ name: 'answered_at', type: 'timestamptz', nullable: true })
  answeredAt!: Date | null

  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt!: Date | null

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null

  /** The Slack user or user group whom its card calls. */
  @Column({ type: 'text', nullable: true })
  calls!: string | null

  /** When its thread reminds them; null once it has. */
  @Column({ name: 'remind_at', type: 'timestamptz', nullable: true })
  remindAt!: Date | null

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt!: Date | null

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null

  @Column({ name: 'decision_reason', type: 'text', nullable: true })
  decisionReason!: string | null

  /** Since when something that its execution needs does not answer. */
  @Column({ name: 'upstream_failing_since', type: 'timestamptz', nullable: true })
  upstreamFailingSince!: Date | null

  /** Since when a version of the bot that did not make it has left its execution to the one that did. */
  @Column({ name: 'left_to_others_since', type: 'timestamptz', nullable: true })
  leftToOthersSince!: Date | null

  /** When its execution was last put off, for either reason. */
  @Column({ name: 'tried_at', type: 'timestamptz', nullable: true })
  triedAt!: Date | null

  @Column({ name: 'hinted_at', type: 'timestamptz', nullable: true })
  hintedAt!: Date | null

  @Column({ name: 'executed_at', type: 'timestamptz', nullable: true })
  executedAt!: Date | null

  @Column({ name: 'next_verify_at', type: 'timestamptz', nullable: true })
  nextVerifyAt!: Date | null

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null

  /** When a request that needed attention was dealt with, and by whom; the bot, once all is as approved. */
  @Column({ name: 'dealt_at', type: 'timestamptz', nullable: true })
  dealtAt!: Date | null

  @Column({ name: 'dealt_by', type: 'text', nullable: true })
  dealtBy!: string | null

  @Column({ type: 'jsonb', transformer: stored(outcome.loose()) })
  outcome!: RequestOutcome

  @Column({ name: 'card_ts', type: 'text', nullable: true })
  cardTs!: string | null

  @Column({ name: 'card_version', type: 'integer' })
  cardVersion!: number

  @Column({ name: 'rendered_version', type: 'integer' })
  renderedVersion!: number
}
