import { Column, Entity, PrimaryColumn } from 'typeorm'

/**
 * A registration that is sent to DTTP. The row is committed before anything is sent, so if it has no outcome, nobody
 * knows whether DTTP registered the trainee.
 */
@Entity({ name: 'registration_attempts', schema: 'chatops', synchronize: false })
export class RegistrationAttempt {
  @PrimaryColumn({ name: 'job_id', type: 'uuid' })
  jobId!: string

  @Column({ name: 'trainee_id', type: 'bigint' })
  traineeId!: string

  @Column({ name: 'sent_at', type: 'timestamptz' })
  sentAt!: Date

  /** What was sent that the records in DTTP can be found by. Emptied when nobody needs to look for them any more. */
  @Column({ name: 'sent_as', type: 'jsonb', nullable: true })
  sentAs!: SentAs | null

  @Column({ type: 'text', nullable: true })
  outcome!: 'registered' | 'not-sent' | 'unknown' | null

  /** The ids that DTTP answered with, of the records that it created. */
  @Column({ type: 'jsonb', nullable: true })
  ids!: RegistrationIds | null

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt!: Date | null
}

/** The provider’s own id of the trainee, and the DTTP id of the provider. */
export type SentAs = { traineeId: string; provider: string }

/** `degrees` is by the degree's id in Register. */
export type RegistrationIds = { contact: string; placementAssignment: string; degrees: Record<string, string> }
