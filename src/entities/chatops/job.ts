import { Column, Entity, PrimaryColumn } from 'typeorm'

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
  @Column({ type: 'jsonb', nullable: true })
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

/**
 * Why a job failed; the code decides which playbook applies. `words` are for people and our own, `urns` names the schools
 * it is about, `reference` is DTTP's id of the request that failed. Holds no personal data.
 */
export type JobFailure = {
  code: FailureCode
  words: string
  urns?: string[]
  reference?: string
  at: string
  /** Set where Register's own Sidekiq ran it. */
  by?: 'register'
}

export type FailureCode =
  /** A poll has ended without a TRN, because its time was up. */
  | 'timed-out'
  /** A school that the trainee's route sends is not active in DTTP. */
  | 'school-not-active'
  /** Something else that DTTP must be told is missing from the trainee's record. */
  | 'incomplete'
  /** DTTP does not have the record (any more). */
  | 'gone'
  /** A write was sent, and nobody knows whether it happened. */
  | 'outcome-unknown'
  /** The same of a registration under ids of ours, about which DTTP was asked for a working day. */
  | 'unanswered'
  /** What a registration created in DTTP was merged, deactivated or taken apart there. */
  | 'record-not-in-use'
  /** DTTP answered a registration that had been given up, or settled otherwise. */
  | 'late-answer'
  /** A trainee who was registered has another record in DTTP, created since the registration was first sent. */
  | 'second-record'
  /** DTTP gives other ids than those we chose, or takes the same ones twice. */
  | 'own-ids-not-kept'
  /** What DTTP would be told of the trainee is no longer what people approved. */
  | 'not-as-approved'
  /** The trainee has a DTTP record already. */
  | 'already-registered'
  /** The trainee has no DTTP record yet. */
  | 'not-registered'
  /** The TRN that a trainee was given is another trainee's, too. */
  | 'trn-shared'
  /** The trainee was never submitted, or is in a state that cannot receive a TRN. */
  | 'cannot-receive-trn'
  /** Register's feature flag for the job is off. */
  | 'switched-off'
  | 'dttp-unavailable'
  | 'dttp-unauthorised'
  | 'dttp-refused'
  /** Somebody else changed the record in DTTP again and again while we were about to. */
  | 'dttp-changed'
  | 'dttp-unreadable'
  | 'trainee-gone'
  /** GIAS's extract cannot be had, or must not be used. */
  | 'gias-unavailable'
  | 'gias-refused'
  /** A trainee waits for a TRN, and no poll asks DTTP for it. */
  | 'not-polled'
  /** Its workers died on it again and again. */
  | 'stalled'
  /** It is in Register's Sidekiq no longer, and nothing shows that it ran. */
  | 'vanished'
  | 'unexpected'
