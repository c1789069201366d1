import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/** That a trainee disclosed a disability. */
@Entity({ name: 'trainee_disabilities', schema: 'public', synchronize: false })
export class TraineeDisability {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'bigint' })
  trainee_id!: string

  @Column({ type: 'bigint' })
  disability_id!: string
}
