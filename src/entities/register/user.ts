import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** Who signs in to Register. Only the columns that are needed; names and e-mail addresses stay unread. */
@Entity({ name: 'users', schema: 'public', synchronize: false })
export class User {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'bigint', nullable: true })
  provider_id!: string | null

  @Column({ type: 'uuid', nullable: true })
  dttp_id!: string | null

  @Column({ type: 'boolean', nullable: true })
  system_admin!: boolean | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  discarded_at!: string | null
}
