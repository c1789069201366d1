import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The one row that says whether the bot may act. It is paused while `pausedAt` is set. */
@Entity({ name: 'brake', schema: 'chatops', synchronize: false })
export class Brake {
  @PrimaryColumn({ name: 'only_row', type: 'boolean' })
  onlyRow!: true

  @Column({ name: 'paused_at', type: 'timestamptz', nullable: true })
  pausedAt!: Date | null

  /** A Slack user id, or one of `BY_ITSELF`'s names. */
  @Column({ name: 'paused_by', type: 'text', nullable: true })
  pausedBy!: string | null

  @Column({ type: 'text', nullable: true })
  reason!: string | null

  @Column({ name: 'resume_asked_at', type: 'timestamptz', nullable: true })
  resumeAskedAt!: Date | null

  /** The first of the two people who resume it. */
  @Column({ name: 'resume_asked_by', type: 'text', nullable: true })
  resumeAskedBy!: string | null
}
