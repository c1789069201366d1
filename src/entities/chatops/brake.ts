import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The one row that says whether the bot may act. It is paused while `pausedAt` is set. */
@Entity({ name: 'brake', schema: 'chatops', synchronize: false })
export class Brake {
  @PrimaryColumn({ name: 'only_row', type: 'boolean' })
  onlyRow!: true

  @Column({ name: 'paused_at', type: 'timestamptz', nullable: true })
  pausedAt!: Date | null

  /** A Slack user id, or the ledger's name for the bot itself or an operator. */
  @Column({ name: 'paused_by', type: 'text', nullable: true })
  pausedBy!: string | null

  @Column({ type: 'text', nullable: true })
  reason!: string | null

  /** Messages wait as well, until it is resumed: the database is a copy, or a backup that was restored. */
  @Column({ name: 'holds_messages', type: 'boolean' })
  holdsMessages!: boolean

  /** The highest number of a ledger entry that Slack was found to know and this database did not. */
  @Column({ name: 'receipts_seen', type: 'bigint' })
  receiptsSeen!: string

  @Column({ name: 'resume_asked_at', type: 'timestamptz', nullable: true })
  resumeAskedAt!: Date | null

  /** The first of the two people who resume it. */
  @Column({ name: 'resume_asked_by', type: 'text', nullable: true })
  resumeAskedBy!: string | null
}
