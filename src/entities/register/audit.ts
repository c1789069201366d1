import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A row of the `audited` gem. Never write `username`: Register's timeline crashes on it. */
@Entity({ name: 'audits', schema: 'public', synchronize: false })
export class Audit {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'integer', nullable: true })
  auditable_id!: number | null

  @Column({ type: 'varchar', nullable: true })
  auditable_type!: string | null

  @Column({ type: 'integer', nullable: true })
  associated_id!: number | null

  @Column({ type: 'varchar', nullable: true })
  associated_type!: string | null

  @Column({ type: 'integer', nullable: true })
  user_id!: number | null

  @Column({ type: 'varchar', nullable: true })
  user_type!: string | null

  @Column({ type: 'varchar', nullable: true })
  username!: string | null

  @Column({ type: 'varchar', nullable: true })
  action!: string | null

  @Column({ type: 'jsonb', nullable: true })
  audited_changes!: object | null

  @Column({ type: 'integer', nullable: true })
  version!: number | null

  @Column({ type: 'varchar', nullable: true })
  comment!: string | null

  @Column({ type: 'varchar', nullable: true })
  request_uuid!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  created_at!: string | null
}
