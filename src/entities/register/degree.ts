import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** A trainee's degree. */
@Entity({ name: 'degrees', schema: 'public', synchronize: false })
export class Degree {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'integer' })
  locale_code!: number

  @Column({ type: 'varchar', nullable: true })
  uk_degree!: string | null

  @Column({ type: 'varchar', nullable: true })
  non_uk_degree!: string | null

  @Column({ type: 'bigint' })
  trainee_id!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string

  @Column({ type: 'varchar', nullable: true })
  subject!: string | null

  @Column({ type: 'varchar', nullable: true })
  institution!: string | null

  @Column({ type: 'integer', nullable: true })
  graduation_year!: number | null

  @Column({ type: 'varchar', nullable: true })
  grade!: string | null

  @Column({ type: 'varchar', nullable: true })
  country!: string | null

  @Column({ type: 'text', nullable: true })
  other_grade!: string | null

  @Column({ type: 'varchar' })
  slug!: string

  @Column({ type: 'uuid', nullable: true })
  dttp_id!: string | null
}
