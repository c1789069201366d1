import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** Register's copy of a school account in DTTP. `urn` is not unique; `status_code` is named in register/schools/schools.ts. */
@Entity({ name: 'dttp_schools', schema: 'public', synchronize: false })
export class DttpSchool {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'varchar', nullable: true })
  name!: string | null

  @Column({ type: 'varchar', nullable: true })
  dttp_id!: string | null

  @Column({ type: 'varchar', nullable: true })
  urn!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string

  @Column({ type: 'integer', nullable: true })
  status_code!: number | null
}
