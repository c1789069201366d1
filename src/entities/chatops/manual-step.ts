import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/** Something that people do by hand after a request was carried out, until somebody says that it is done. */
@Entity({ name: 'manual_steps', schema: 'chatops', synchronize: false })
export class ManualStep {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ name: 'change_request_id', type: 'bigint' })
  changeRequestId!: string

  /** Which of the request's steps it is, from 0. */
  @Column({ type: 'integer' })
  place!: number

  /** What to do, as an order: "Ask for the route to be changed in DTTP". */
  @Column({ type: 'text' })
  title!: string

  /** Words to copy; null once it is done and the request is purged. */
  @Column({ type: 'text', nullable: true })
  text!: string | null

  /** What makes it needless: `trn`, that the request's trainee has a TRN. */
  @Column({ name: 'needed_until', type: 'text', nullable: true })
  neededUntil!: 'trn' | null

  /** Slack user id of the person who sees to it. */
  @Column({ type: 'text' })
  owner!: string

  @Column({ name: 'added_at', type: 'timestamptz' })
  addedAt!: Date

  @Column({ name: 'done_at', type: 'timestamptz', nullable: true })
  doneAt!: Date | null

  /** Slack user id of whoever said so; `chatops` where it was no longer needed. */
  @Column({ name: 'done_by', type: 'text', nullable: true })
  doneBy!: string | null
}
