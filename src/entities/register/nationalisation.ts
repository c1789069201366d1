import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/** That a trainee has a nationality. */
@Entity({ name: 'nationalisations', schema: 'public', synchronize: false })
export class Nationalisation {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'bigint' })
  trainee_id!: string

  @Column({ type: 'bigint' })
  nationality_id!: string
}
