import { Column, Entity, PrimaryColumn } from 'typeorm'

/** That a registration was about to be sent to DTTP; committed before it was. Without an outcome, nobody knows. */
@Entity({ name: 'registration_attempts', schema: 'chatops', synchronize: false })
export class RegistrationAttempt {
  @PrimaryColumn({ name: 'job_id', type: 'uuid' })
  jobId!: string

  @Column({ name: 'trainee_id', type: 'bigint' })
  traineeId!: string

  @Column({ name: 'sent_at', type: 'timestamptz' })
  sentAt!: Date

  /** What DTTP was told that its records can be found by; forgotten once nobody has to look. */
  @Column({ name: 'sent_as', type: 'jsonb', nullable: true })
  sentAs!: SentAs | null

  @Column({ type: 'text', nullable: true })
  outcome!: 'registered' | 'not-sent' | 'unknown' | null

  /** DTTP's ids of what it created, once it said so. */
  @Column({ type: 'jsonb', nullable: true })
  ids!: RegistrationIds | null

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt!: Date | null
}

/** The provider’s own id of the trainee, and the DTTP id of the provider. */
export type SentAs = { traineeId: string; provider: string }

/** `degrees` is by the degree's own id. */
export type RegistrationIds = { contact: string; placementAssignment: string; degrees: Record<string, string> }
