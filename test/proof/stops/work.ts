import type { EntityManager } from 'typeorm'
import type { Stage } from './stage.ts'

/** What has become of a piece of work: in a form that is the same for each of its kind, and everything there is. */
type Seen = { shape: object; all: unknown }

/** A kind of work that may be stopped anywhere. */
export type Kind = {
  /** How many are under way at a time; as many as one likes unless given. */
  atOnce?: number
  /** Answers what it will be about. */
  prepare: (stage: Stage) => Promise<string>
  /** Has it begin once the transaction is committed; answers what it is called in `World.during`. */
  add: (stage: Stage, sql: EntityManager, about: string) => Promise<string>
  /** Something newer about the same, which others do while the sleeper sleeps, and it must not undo. */
  newer?: ((stage: Stage, about: string) => Promise<void>) | undefined
  /** Whether it may be otherwise until the sleeper wakes. */
  waits?: boolean
  look: (stage: Stage, about: string, work: string) => Promise<Seen>
}
