import { Column, Entity, PrimaryColumn } from 'typeorm'
import { stored } from '../stored.ts'
import { timestampText } from '../timestamp.ts'
import type { JobData, SeenJobName } from './job.ts'
import { type JobFailure, jobFailure } from './job-failure.ts'

/**
 * Where a job of Register's Sidekiq was when we last looked:
 * - `unsent`: a request has asked for it, and Redis may not have it yet;
 * - `queue`, `schedule`, `retry`, `dead`, `running`: Sidekiq's own places;
 * - `missing`: not found for a moment. Between two places a job is nowhere, so this says nothing;
 * - `gone`: not found for good. Without a failure there is proof that it ran.
 */
export type MirroredPlace = 'unsent' | 'queue' | 'schedule' | 'retry' | 'dead' | 'running' | 'missing' | 'gone'

/**
 * What concerns us of a job in Register's Sidekiq, as the last sweep found it. For showing, finding and alerting only:
 * whoever writes asks Redis itself. Holds no text of Register's or DTTP's.
 */
@Entity({ name: 'mirrored_jobs', schema: 'chatops', synchronize: false })
export class MirroredJob {
  /**
   * ActiveJob's id, which survives retries; where we pushed the job, our outbox row's. A poll keeps the id of the first
   * one with its trainee and time-out. What has none is named after its member.
   */
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ type: 'text' })
  name!: SeenJobName

  /** Register's class; null for what is no job that could be read. */
  @Column({ name: 'class_name', type: 'text', nullable: true })
  className!: string | null

  @Column({ name: 'trainee_id', type: 'bigint', nullable: true })
  traineeId!: string | null

  @Column({ type: 'jsonb' })
  args!: JobData

  /** Until when a poll goes on (UTC, as Register's timestamps are written); null for Register's own default. */
  @Column({ name: 'timeout_at', type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  timeoutAt!: string | null

  @Column({ type: 'text' })
  place!: MirroredPlace

  @Column({ type: 'text' })
  queue!: string

  /** In one of Sidekiq's sets: its score, exactly as Redis has it. */
  @Column({ type: 'text', nullable: true })
  score!: string | null

  /** SHA-1 of the exact member; null until it was found. */
  @Column({ type: 'text', nullable: true })
  sha1!: string | null

  @Column({ type: 'text', nullable: true })
  jid!: string | null

  /** Failures in a row. */
  @Column({ type: 'integer' })
  attempts!: number

  @Column({ name: 'error_class', type: 'text', nullable: true })
  errorClass!: string | null

  /** Why it failed last, if that is how it stands: what is queued again after a failure has none. */
  @Column({ type: 'jsonb', nullable: true, transformer: stored(jobFailure.nullable()) })
  failure!: JobFailure | null

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date

  /** The change request whose plan it was part of, or whose changes made it fail. */
  @Column({ name: 'change_request_id', type: 'bigint', nullable: true })
  changeRequestId!: string | null

  /** The outbox row by which it was pushed or moved last. */
  @Column({ name: 'outbox_id', type: 'uuid', nullable: true })
  outboxId!: string | null

  @Column({ name: 'first_seen_at', type: 'timestamptz' })
  firstSeenAt!: Date

  /** When it changed last. As long as it is not missing, the last whole sweep has found it like this. */
  @Column({ name: 'last_seen_at', type: 'timestamptz' })
  lastSeenAt!: Date

  /** The sweep that found it like this first. */
  @Column({ type: 'bigint' })
  sweep!: string

  /** When the first whole sweep that did not find it had read everything. */
  @Column({ name: 'missing_since', type: 'timestamptz', nullable: true })
  missingSince!: Date | null

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null

  /** When something else did its work, or people took it away; see jobs/run/cured.ts. */
  @Column({ name: 'cured_at', type: 'timestamptz', nullable: true })
  curedAt!: Date | null

  /** Whether alerts and requests have heard of how it stands. */
  @Column({ type: 'boolean' })
  told!: boolean
}

/** How well Register's Sidekiq is known. There is one row. */
@Entity({ name: 'mirror', schema: 'chatops', synchronize: false })
export class Mirror {
  @PrimaryColumn({ type: 'boolean' })
  id!: true

  /** How many sweeps have begun. */
  @Column({ type: 'bigint' })
  sweep!: string

  /** When the last sweep began, whether or not it came to an end. */
  @Column({ name: 'begun_at', type: 'timestamptz', nullable: true })
  begunAt!: Date | null

  /** When the last whole sweep began: what was there then was found. Null before the first. */
  @Column({ name: 'read_at', type: 'timestamptz', nullable: true })
  readAt!: Date | null

  /** When that sweep ended. */
  @Column({ name: 'read_to', type: 'timestamptz', nullable: true })
  readTo!: Date | null

  /** Jobs that were dead before the first sweep. They are counted, and no alert is about them. */
  @Column({ name: 'dead_before', type: 'integer', nullable: true })
  deadBefore!: number | null

  /** Members that are no jobs that could be read, in the last whole sweep. */
  @Column({ type: 'integer' })
  strange!: number

  /** Processes of Sidekiq that were alive then. */
  @Column({ type: 'integer' })
  processes!: number

  /** Their names. */
  @Column({ type: 'text', array: true })
  identities!: string[]

  /** Whether Sidekiq was 6.4.2 or later when it was last seen to run anything: while it runs nothing, nothing else tells. */
  @Column({ name: 'is_newer', type: 'boolean' })
  isNewer!: boolean
}
