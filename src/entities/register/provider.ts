import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A training provider. */
@Entity({ name: 'providers', schema: 'public', synchronize: false })
export class Provider {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'varchar' })
  name!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string

  @Column({ type: 'uuid', nullable: true })
  dttp_id!: string | null

  @Column({ type: 'varchar', nullable: true })
  code!: string | null
}
