import { Column, Entity, PrimaryColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** The poll for a trainee's TRN, or the last one there was. It is live while its job is, and next due when that is. */
@Entity({ name: 'polls', schema: 'chatops', synchronize: false })
export class Poll {
  @PrimaryColumn({ name: 'trainee_id', type: 'bigint' })
  traineeId!: string

  @Column({ name: 'job_id', type: 'uuid' })
  jobId!: string

  /** UTC, as Register's timestamps are written; null until the first run of a poll that was started without one. */
  @Column({ name: 'timeout_at', type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  timeoutAt!: string | null

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date

  @Column({ name: 'polled_at', type: 'timestamptz', nullable: true })
  polledAt!: Date | null
}
