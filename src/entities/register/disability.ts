import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A kind of disability that trainees can disclose. */
@Entity({ name: 'disabilities', schema: 'public', synchronize: false })
export class Disability {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'varchar' })
  name!: string

  @Column({ type: 'varchar', nullable: true })
  description!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string
}
