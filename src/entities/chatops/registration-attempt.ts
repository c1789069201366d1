import { Column, Entity, type FindOperator, IsNull, PrimaryColumn } from 'typeorm'
import * as z from 'zod'
import { stored } from '../stored.ts'

/** The provider’s own id of the trainee, and the DTTP id of the provider. */
const sentAs = z.object({ traineeId: z.string(), provider: z.string() })

/** `degrees` is by the degree's id in Register. What cannot be read is an error: without them somebody could be sent twice. */
const ids = z.object({
  contact: z.string(),
  placementAssignment: z.string(),
  degrees: z.record(z.string(), z.string()),
})

export type SentAs = z.output<typeof sentAs>
export type RegistrationIds = z.output<typeof ids>

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

  /** When it was first sent. */
  @Column({ name: 'sent_at', type: 'timestamptz' })
  sentAt!: Date

  /** When it was sent again, the last time; null if it was not. */
  @Column({ name: 'last_sent_at', type: 'timestamptz', nullable: true })
  lastSentAt!: Date | null

  /**
   * How often it was sent, or was about to be, 0 once that was taken back: then it counts as none. And how often DTTP was
   * asked what has become of it.
   */
  @Column({ type: 'integer' })
  sendings!: number

  @Column({ type: 'integer' })
  asked!: number

  /** The ids that we chose for what it creates, the same at every sending; null where DTTP chooses them. */
  @Column({ name: 'own_ids', type: 'jsonb', nullable: true, transformer: stored(ids.nullable()) })
  ownIds!: RegistrationIds | null

  /** What was sent that the records in DTTP can be found by. Emptied when nobody needs to look for them any more. */
  @Column({ name: 'sent_as', type: 'jsonb', nullable: true, transformer: stored(sentAs.nullable()) })
  sentAs!: SentAs | null

  /** `taken-over`: a later registration of the trainee has the same ids, and finds out what has become of this one. */
  @Column({ type: 'text', nullable: true })
  outcome!: 'registered' | 'not-sent' | 'unknown' | 'taken-over' | null

  /** The ids that DTTP answered with, of the records that it created. */
  @Column({ type: 'jsonb', nullable: true, transformer: stored(ids.nullable()) })
  ids!: RegistrationIds | null

  /** Which of the sendings was answered so. */
  @Column({ name: 'answered_sending', type: 'integer', nullable: true })
  answeredSending!: number | null

  /** DTTP gave other ids than ours, or took the same ones twice: until people have seen to it, own ids count as off. */
  @Column({ type: 'text', nullable: true })
  doubt!: 'other-ids' | 'taken-twice' | null

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt!: Date | null
}

/** For a query's `where`: a trainee's registrations whose outcome nobody knows, whether or not that was noticed yet. */
export function unsettledOf(traineeId: string | FindOperator<string>) {
  return [
    { traineeId, outcome: IsNull() },
    { traineeId, outcome: 'unknown' as const },
  ]
}
