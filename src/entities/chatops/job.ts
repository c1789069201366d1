import { Column, Entity, PrimaryColumn } from 'typeorm'
import { stored } from '../stored.ts'
import { type JobFailure, jobFailure } from './job-failure.ts'

/** The jobs that we run: Register's five, by our names for them, and the load of GIAS's extract, which is our own. */
export const JOB_NAMES = [
  'retrieve-trn',
  'register-for-trn',
  'change-trainee-status',
  'update-trainee',
  'sync-schools',
  'load-gias',
] as const

export type JobName = (typeof JOB_NAMES)[number]

/** Jobs of Register's that only its Sidekiq runs: they are shown, and nothing is done about them here. */
export const OTHER_JOB_NAMES = [
  'retrieve-award',
  'recommend-for-award',
  'withdraw',
  'defer',
  'reinstate',
  'queue-trainee-updates',
  'sync-providers',
  'sync-users',
  'import-applications',
  'create-trainees',
  'import-subjects',
  'import-courses',
  'truncate-sessions',
  'delete-empty-trainees',
  /** Whatever else is in Register's Sidekiq. */
  'other',
] as const

/** Any job that is shown. */
export type SeenJobName = JobName | (typeof OTHER_JOB_NAMES)[number]

/** Whether a job is one of those that we run, or have Register's Sidekiq run. */
export function isOurs(name: SeenJobName): name is JobName {
  return JOB_NAMES.some((ours) => ours === name)
}

/** A job's own data, as JSON. Each job parses what it reads of it. */
export type JobData = object

/** What a job's row says, whoever runs it. */
export abstract class JobRow {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'trainee_id', type: 'bigint', nullable: true })
  traineeId!: string | null

  @Column({ type: 'jsonb' })
  args!: object

  /** Two jobs never have the same key, so a job that many workers try to add is added once. */
  @Column({ name: 'once_key', type: 'text', nullable: true })
  onceKey!: string | null

  @Column({ type: 'text' })
  status!: 'waiting' | 'running' | 'done' | 'failed'

  /** When it runs next, or ran last. */
  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date

  /** Failures in a row. */
  @Column({ type: 'integer' })
  attempts!: number

  /** How often its worker died on it. */
  @Column({ type: 'integer' })
  stalls!: number

  /** Counts its runs. A worker that claimed the job under an older number has lost it to another worker. */
  @Column({ type: 'integer' })
  run!: number

  @Column({ name: 'hinted_at', type: 'timestamptz', nullable: true })
  hintedAt!: Date | null

  /** While it runs: when its worker counts as dead unless it is heard of again. */
  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null

  /** Why it failed last. */
  @Column({ type: 'jsonb', nullable: true, transformer: stored(jobFailure.nullable()) })
  failure!: JobFailure | null

  /** What came of it. */
  @Column({ type: 'jsonb', nullable: true })
  result!: object | null

  /** How far a long job has come, so that its next run goes on from there. */
  @Column({ type: 'jsonb', nullable: true })
  progress!: object | null

  /** The change request whose plan it was part of. */
  @Column({ name: 'change_request_id', type: 'bigint', nullable: true })
  changeRequestId!: string | null

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null

  /** When something else did the work that the job failed to do (jobs/run/cured.ts); null if nothing has. */
  @Column({ name: 'cured_at', type: 'timestamptz', nullable: true })
  curedAt!: Date | null
}

/** One job. This row says all about it; the queue holds only a hint. Its id is also that of its first outbox row. */
@Entity({ name: 'jobs', schema: 'chatops', synchronize: false })
export class Job extends JobRow {
  @Column({ type: 'text' })
  name!: JobName
}
