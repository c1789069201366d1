import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A school as Register knows it, from GIAS. */
@Entity({ name: 'schools', schema: 'public', synchronize: false })
export class School {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'varchar' })
  urn!: string

  @Column({ type: 'varchar' })
  name!: string

  @Column({ type: 'varchar', nullable: true })
  postcode!: string | null

  @Column({ type: 'varchar', nullable: true })
  town!: string | null

  @Column({ type: 'date', nullable: true })
  open_date!: string | null

  @Column({ type: 'date', nullable: true })
  close_date!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string
}
