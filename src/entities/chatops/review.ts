import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/** One person was shown one digest in one review modal. An approval must match such a row. */
@Entity({ name: 'reviews', schema: 'chatops', synchronize: false })
export class Review {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ name: 'change_request_id', type: 'bigint' })
  changeRequestId!: string

  @Column({ type: 'text' })
  digest!: string

  @Column({ name: 'slack_user', type: 'text' })
  slackUser!: string

  @Column({ name: 'view_id', type: 'text' })
  viewId!: string

  @Column({ name: 'opened_at', type: 'timestamptz' })
  openedAt!: Date
}
