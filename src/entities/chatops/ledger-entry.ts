import { Column, Entity, PrimaryColumn } from 'typeorm'

/** One event in the append-only, hash-chained record. Written only by the SQL function `chatops.append_ledger`. */
@Entity({ name: 'ledger', schema: 'chatops', synchronize: false })
export class LedgerEntry {
  @PrimaryColumn({ type: 'bigint' })
  seq!: string

  @Column({ name: 'change_request_id', type: 'bigint', nullable: true })
  changeRequestId!: string | null

  @Column({ type: 'timestamptz' })
  at!: Date

  @Column({ type: 'text' })
  event!: string

  @Column({ type: 'text' })
  actor!: string

  @Column({ type: 'jsonb' })
  details!: object

  @Column({ name: 'prev_hash', type: 'text' })
  prevHash!: string

  @Column({ type: 'text' })
  hash!: string

  /** Which version of the chain its hash belongs to; see ledger/chain.ts. */
  @Column({ type: 'smallint' })
  chain!: number
}
