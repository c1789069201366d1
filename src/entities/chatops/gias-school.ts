import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A school as GIAS had it in the extract that was loaded last. */
@Entity({ name: 'gias_schools', schema: 'chatops', synchronize: false })
export class GiasSchool {
  @PrimaryColumn({ type: 'text' })
  urn!: string

  @Column({ type: 'text' })
  name!: string

  /** 1 Open, 2 Closed, 3 Open, but proposed to close, 4 Proposed to open. */
  @Column({ type: 'integer' })
  status!: number

  /** What the extract calls that status. */
  @Column({ name: 'status_name', type: 'text' })
  statusName!: string

  /** As `2021-10-27`, like `closeDate`. GIAS lacks both dates for many schools, and may know a date to come. */
  @Column({ name: 'open_date', type: 'date', nullable: true })
  openDate!: string | null

  @Column({ name: 'close_date', type: 'date', nullable: true })
  closeDate!: string | null
}
