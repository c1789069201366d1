import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/**
 * Something to be done outside the database, committed with the change it belongs to and relayed afterwards. `failed`:
 * it cannot be done at all. `waiting`: it failed for a day, and an operator decides (`bin/chatops outbox`).
 */
@Entity({ name: 'outbox', schema: 'chatops', synchronize: false })
export class OutboxRow {
  @PrimaryGeneratedColumn('uuid')
  id!: string

  /** Order of insertion; rows of one stream are sent in this order. */
  @Column({ type: 'bigint', insert: false })
  seq!: string

  @Column({ type: 'text' })
  stream!: string

  @Column({ type: 'text' })
  kind!: string

  @Column({ name: 'change_request_id', type: 'bigint', nullable: true })
  changeRequestId!: string | null

  @Column({ type: 'jsonb' })
  payload!: object

  @Column({ type: 'text' })
  status!: 'queued' | 'sending' | 'sent' | 'failed' | 'waiting'

  @Column({ type: 'integer' })
  attempts!: number

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date

  @Column({ name: 'claimed_at', type: 'timestamptz', nullable: true })
  claimedAt!: Date | null

  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt!: Date | null

  /** What this row cannot be sent without: see `RetryLater`. */
  @Column({ name: 'waits_for', type: 'text', nullable: true })
  waitsFor!: string | null

  /** What it waited for when it last failed; a blameless delay is no failure. */
  @Column({ name: 'failing_for', type: 'text', nullable: true })
  failingFor!: string | null

  @Column({ name: 'failing_since', type: 'timestamptz', nullable: true })
  failingSince!: Date | null

  /** An attempt may have got through without our hearing of it. */
  @Column({ type: 'boolean' })
  unsure!: boolean

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date
}
