import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import { timestampText } from '../timestamp.ts'

/** One trainee. Property names are the column names: plans, audits and the playbook speak of columns. */
@Entity({ name: 'trainees', schema: 'public', synchronize: false })
export class Trainee {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'text', nullable: true })
  trainee_id!: string | null

  @Column({ type: 'text', nullable: true })
  first_names!: string | null

  @Column({ type: 'text', nullable: true })
  last_name!: string | null

  @Column({ type: 'date', nullable: true })
  date_of_birth!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  created_at!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText })
  updated_at!: string

  @Column({ type: 'text', nullable: true })
  address_line_one!: string | null

  @Column({ type: 'text', nullable: true })
  address_line_two!: string | null

  @Column({ type: 'text', nullable: true })
  town_city!: string | null

  @Column({ type: 'text', nullable: true })
  postcode!: string | null

  @Column({ type: 'text', nullable: true })
  email!: string | null

  @Column({ type: 'uuid', nullable: true })
  dttp_id!: string | null

  @Column({ type: 'text', nullable: true })
  middle_names!: string | null

  @Column({ type: 'integer', nullable: true })
  training_route!: number | null

  @Column({ type: 'text', nullable: true })
  international_address!: string | null

  @Column({ type: 'integer', nullable: true })
  locale_code!: number | null

  @Column({ type: 'integer', nullable: true })
  gender!: number | null

  @Column({ type: 'integer', nullable: true })
  diversity_disclosure!: number | null

  @Column({ type: 'integer', nullable: true })
  ethnic_group!: number | null

  @Column({ type: 'text', nullable: true })
  ethnic_background!: string | null

  @Column({ type: 'text', nullable: true })
  additional_ethnic_background!: string | null

  @Column({ type: 'integer', nullable: true })
  disability_disclosure!: number | null

  @Column({ type: 'text', nullable: true })
  course_subject_one!: string | null

  @Column({ type: 'date', nullable: true })
  course_start_date!: string | null

  @Column({ type: 'jsonb', nullable: true })
  progress!: Record<string, boolean | null> | null

  @Column({ type: 'bigint' })
  provider_id!: string

  @Column({ type: 'date', nullable: true })
  outcome_date!: string | null

  @Column({ type: 'date', nullable: true })
  course_end_date!: string | null

  @Column({ type: 'uuid', nullable: true })
  placement_assignment_dttp_id!: string | null

  @Column({ type: 'varchar', nullable: true })
  trn!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  submitted_for_trn_at!: string | null

  @Column({ type: 'integer', nullable: true })
  state!: number | null

  @Column({ type: 'integer', nullable: true })
  withdraw_reason!: number | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  withdraw_date!: string | null

  @Column({ type: 'varchar', nullable: true })
  additional_withdraw_reason!: string | null

  @Column({ type: 'date', nullable: true })
  defer_date!: string | null

  @Column({ type: 'varchar' })
  slug!: string

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  recommended_for_award_at!: string | null

  @Column({ type: 'varchar', nullable: true })
  dttp_update_sha!: string | null

  @Column({ type: 'date', nullable: true })
  commencement_date!: string | null

  @Column({ type: 'date', nullable: true })
  reinstate_date!: string | null

  @Column({ type: 'uuid', nullable: true })
  dormancy_dttp_id!: string | null

  @Column({ type: 'bigint', nullable: true })
  lead_school_id!: string | null

  @Column({ type: 'bigint', nullable: true })
  employing_school_id!: string | null

  @Column({ type: 'bigint', nullable: true })
  apply_application_id!: string | null

  @Column({ type: 'integer', nullable: true })
  course_min_age!: number | null

  @Column({ type: 'integer', nullable: true })
  course_max_age!: number | null

  @Column({ type: 'text', nullable: true })
  course_subject_two!: string | null

  @Column({ type: 'text', nullable: true })
  course_subject_three!: string | null

  @Column({ type: 'timestamp', precision: 6, transformer: timestampText, nullable: true })
  awarded_at!: string | null

  @Column({ type: 'boolean', nullable: true })
  applying_for_bursary!: boolean | null

  @Column({ type: 'integer', nullable: true })
  training_initiative!: number | null

  @Column({ type: 'integer', nullable: true })
  bursary_tier!: number | null

  @Column({ type: 'integer', nullable: true })
  study_mode!: number | null

  @Column({ type: 'boolean', nullable: true })
  ebacc!: boolean | null

  @Column({ type: 'varchar', nullable: true })
  region!: string | null

  @Column({ type: 'integer', nullable: true })
  course_education_phase!: number | null

  @Column({ type: 'boolean', nullable: true })
  applying_for_scholarship!: boolean | null

  @Column({ type: 'boolean', nullable: true })
  applying_for_grant!: boolean | null

  @Column({ type: 'uuid', nullable: true })
  course_uuid!: string | null

  @Column({ type: 'boolean', nullable: true })
  lead_school_not_applicable!: boolean | null

  @Column({ type: 'boolean', nullable: true })
  employing_school_not_applicable!: boolean | null
}
