import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'

/** One attempt to load GIAS's extract. The last one that was `loaded` says how old our copy of GIAS is. */
@Entity({ name: 'gias_loads', schema: 'chatops', synchronize: false })
export class GiasLoad {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null

  /** The day the extract is of, as `2021-10-27`; null if none was found. */
  @Column({ name: 'source_date', type: 'date', nullable: true })
  sourceDate!: string | null

  /** Schools in it. */
  @Column({ type: 'integer', nullable: true })
  rows!: number | null

  /** Rows of it that could not be used. */
  @Column({ type: 'integer', nullable: true })
  defects!: number | null

  /** Null while it runs. After `refused` (the file) and `failed` (the rest) the schools are as they were before. */
  @Column({ type: 'text', nullable: true })
  outcome!: 'loaded' | 'refused' | 'failed' | null

  /** Why it was not loaded. Names columns and numbers of rows, never what is in them. */
  @Column({ type: 'text', nullable: true })
  problem!: string | null
}
