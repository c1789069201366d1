import { Column, Entity } from 'typeorm'
import { timestampText } from '../timestamp.ts'
import { JobRow, type SeenJobName } from './job.ts'
import type { MirroredPlace } from './mirrored-job.ts'

/**
 * A job, whoever runs it: our own workers, or Register's Sidekiq as the last sweep found it. A view, for reading only:
 * who shows, finds or judges jobs reads them here.
 */
@Entity({ name: 'seen_jobs', schema: 'chatops', synchronize: false })
export class SeenJob extends JobRow {
  @Column({ type: 'text' })
  name!: SeenJobName

  @Column({ type: 'text' })
  runner!: 'bot' | 'register'

  /** Register's class, where the name does not say it. */
  @Column({ name: 'class_name', type: 'text', nullable: true })
  className!: string | null

  /** Until when a poll goes on (UTC, as Register's timestamps are written); null for Register's own default. */
  @Column({ name: 'timeout_at', type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  timeoutAt!: string | null

  /**
   * What it must still be when it is run again: its run, or its place, score and SHA-1 in Redis (`readFingerprint`).
   * Null for what is nowhere to be run again from.
   */
  @Column({ type: 'text', nullable: true })
  fingerprint!: string | null

  /** Where Register's Sidekiq has it; null for a job of our own workers. */
  @Column({ type: 'text', nullable: true })
  place!: MirroredPlace | null
}
