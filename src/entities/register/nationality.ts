import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A nationality that trainees can have; its name is in lower case. */
@Entity({ name: 'nationalities', schema: 'public', synchronize: false })
export class Nationality {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'varchar' })
  name!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string
}
