import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
import * as z from 'zod'
import { stored, storedForm } from '../stored.ts'

const asks = z.object({ title: z.string(), text: z.string() })

/**
 * A request that cannot be made before a school is in Register's list of DTTP schools: who waits for it, and what they
 * asked for.
 */
@Entity({ name: 'school_waits', schema: 'chatops', synchronize: false })
export class SchoolWait {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'text' })
  urn!: string

  /** Slack user id. */
  @Column({ type: 'text' })
  requester!: string

  /** Slack channel of the request's card, once there is one. */
  @Column({ type: 'text' })
  channel!: string

  @Column({ type: 'text' })
  playbook!: string

  /** As it was filled in; null once it is purged. */
  @Column({ type: 'jsonb', nullable: true, transformer: stored(storedForm) })
  form!: z.output<typeof storedForm>

  /** What support is asked. */
  @Column({ type: 'jsonb', transformer: stored(asks) })
  asks!: z.output<typeof asks>

  /** `shown`: only previewed. `arrived`: the school is there, and the person was told. */
  @Column({ type: 'text' })
  status!: 'shown' | 'waiting' | 'arrived' | 'dropped'

  /** The outbox row of the card that asks for the school. People who wait for the same school share one card. */
  @Column({ name: 'card_key', type: 'uuid', nullable: true })
  cardKey!: string | null

  /** Where that card is, once it is made. */
  @Column({ name: 'card_url', type: 'text', nullable: true })
  cardUrl!: string | null

  /** The submission of a form that made it, where one did. */
  @Column({ type: 'text', nullable: true })
  submission!: string | null

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date

  @Column({ name: 'asked_at', type: 'timestamptz', nullable: true })
  askedAt!: Date | null

  @Column({ name: 'over_at', type: 'timestamptz', nullable: true })
  overAt!: Date | null
}
