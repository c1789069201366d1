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

  @Column({ type: 'text', nullable: true })
  outcome!: 'registered' | 'not-sent' | 'unknown' | null

  /** DTTP's ids of what it created, once it said so. */
  @Column({ type: 'jsonb', nullable: true })
  ids!: RegistrationIds | null

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt!: Date | null
}

/** `degrees` is by the degree's own id. */
export type RegistrationIds = { contact: string; placementAssignment: string; degrees: Record<string, string> }
