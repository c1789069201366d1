import { Column, Entity, PrimaryColumn } from 'typeorm'
import * as z from 'zod'
import { stored } from '../stored.ts'
import { jobFailure } from './job-failure.ts'

/** A post that the bot made by itself. A cause has at most one open alert. */
@Entity({ name: 'alerts', schema: 'chatops', synchronize: false })
export class Alert {
  @PrimaryColumn({ type: 'bigint' })
  id!: string

  /** What the failures have in common, such as `school:123456`. */
  @Column({ type: 'text' })
  cause!: string

  @Column({ type: 'text' })
  status!: 'open' | 'resolved' | 'dismissed'

  @Column({ type: 'text' })
  channel!: string

  /** What the read-only checks found when they last looked. */
  @Column({ type: 'jsonb', nullable: true })
  found!: object | null

  /** Requests and waits that the post was last drawn with. */
  @Column({ type: 'jsonb', nullable: true })
  beside!: object | null

  @Column({ name: 'looked_at', type: 'timestamptz', nullable: true })
  lookedAt!: Date | null

  @Column({ name: 'opened_at', type: 'timestamptz' })
  openedAt!: Date

  @Column({ name: 'closed_at', type: 'timestamptz', nullable: true })
  closedAt!: Date | null

  @Column({ name: 'dismissed_by', type: 'text', nullable: true })
  dismissedBy!: string | null

  @Column({ name: 'dismiss_reason', type: 'text', nullable: true })
  dismissReason!: string | null

  @Column({ name: 'card_ts', type: 'text', nullable: true })
  cardTs!: string | null

  /** The thread of Register's own post in which it stands; null for one with a post of its own. */
  @Column({ name: 'thread_ts', type: 'text', nullable: true })
  threadTs!: string | null

  @Column({ name: 'card_version', type: 'integer' })
  cardVersion!: number

  @Column({ name: 'rendered_version', type: 'integer' })
  renderedVersion!: number
}

/**
 * Why it failed, and what may have changed by the time people read of it: until when the poll was to go on (UTC, as
 * Register's timestamps are written), and which DTTP record was meant.
 */
const entryFailure = jobFailure.extend({ deadline: z.string().exactOptional(), contact: z.string().exactOptional() })

export type EntryFailure = z.output<typeof entryFailure>

/** Something that an alert is about: a job that failed, of one trainee or of none. */
@Entity({ name: 'alert_entries', schema: 'chatops', synchronize: false })
export class AlertEntry {
  @PrimaryColumn({ name: 'alert_id', type: 'bigint' })
  alertId!: string

  /**
   * `<job>:<trainee>`: a job that fails again for the same trainee takes the place of the one before. A status change
   * also names the record, `:contact`.
   */
  @PrimaryColumn({ type: 'text' })
  subject!: string

  @Column({ name: 'trainee_id', type: 'bigint', nullable: true })
  traineeId!: string | null

  /** The job that failed; none where the trouble is that there is no job. */
  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId!: string | null

  @Column({ type: 'jsonb', transformer: stored(entryFailure) })
  failure!: EntryFailure

  @Column({ name: 'added_at', type: 'timestamptz' })
  addedAt!: Date

  /** When the cause went away for it. */
  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt!: Date | null
}
