import type { EntityManager } from 'typeorm'
import type { Advice, Postcondition, RequestOutcome } from '../entities/chatops/change-request.ts'
import type { Json } from '../entities/json.ts'
import type { RegisterSettings, Upstreams } from '../world.ts'
import type { Check } from './check.ts'
import type { Fields, Form, FormValues } from './fields.ts'
import type { Plan } from './plan.ts'
import type { SubjectField } from './subject.ts'

/** How a playbook reads the database: inside a read-only snapshot for a preview, under lock when it is executed. */
type Sql = EntityManager

/** What a playbook decides by, besides its form, its rows and what other systems answered. */
export type Around = {
  register: RegisterSettings
  now: Date
  /** What we have of GIAS counts as unknown if it is older, in milliseconds. */
  giasMaxAgeMs: number
  /** Whether we choose the ids of what a registration creates in DTTP; see usesOwnIds. */
  ownIds: boolean
  /** A worker that has not been heard of for so many milliseconds is taken for dead. */
  jobLeaseMs: number
  /** Whether we can add cards to Trello; if not, people are given the text. */
  addsTrelloCards: boolean
  /** Whether Register's own Sidekiq runs its jobs, so that we know of them only what the last sweep found. */
  isMirrored: boolean
  /** The request that is assessed again; null for a preview. */
  self: string | null
}

/**
 * What is the case. The trainee is the one the request is about, by whom it is found, and whom its free text must not
 * name; everything else is the playbook's own.
 */
export type Situation = { trainee: { id: string; slug: string } | null }

/** A school that must be in DTTP before a request can be made, and the card that asks support to add it. */
export type Wait = { urn: string; title: string; text: string }

/** What a form comes to, once nothing blocks: a plan, with what people do next; or something to wait for first. */
export type Outcome = { plan: Plan; advice: Advice | null } | { wait: Wait }

/** What was carried out, when, and as part of which request; with the checks' evidence as approved, by check. */
export type Executed = {
  changeRequest: string
  executedAt: Date
  plan: Plan
  evidence: Readonly<Record<string, Json>>
}

/** What is kept of a request, to be put into words. An older version of the bot may have kept it. */
export type Kept = {
  form: Form
  plan: Plan
  /** By number. */
  trainee: string | null
  outcome: RequestOutcome
}

/** What one request does, in words for different sentences. They hold no personal value. */
export type Saying = {
  /** What is asked for: "change trainee 5901 from Provider-led (postgrad) to School direct (salaried)". */
  asks: string
  /** What is approved: "trainee 5901 moving to School direct (salaried)". */
  approving: string
  /** "It moves trainee 5901 to School direct (salaried)." */
  does: string
  /** What else people should know before they decide: "This empties 12 course and funding details."; may be empty. */
  also: string
  /** How things are once it is done: "Trainee 5901 is on School direct (salaried)." */
  done: string
}

type FormFields = Fields & { subject: SubjectField }

/**
 * One kind of fix, from top to bottom. Nothing in it writes: one shared executor writes exactly the plan.
 * `F` is its form, `R` the rows it reads, `Q` and `A` what it asks other systems and what they answer, `S` what is the
 * case; `LQ` and `LA` what it asks them about the result.
 */
export type Playbook<F extends FormFields, R, Q extends Json, A, S extends Situation, LQ extends Json, LA> = {
  /** Verb-noun, as typed after the command; also the folder's name. */
  name: string
  /** Raised whenever the same form could lead to another plan: open approvals of the old version go out of date. */
  version: number
  title: string
  /** One line for help and the chooser. */
  summary: string
  /** What one request does, in words. Pure, and never throws. */
  says: (kept: Kept) => Saying
  /**
   * Its form begins with what it is about alone, and goes on with why and the answers that the checks ask for. Without it
   * the form begins with all but those answers.
   */
  inSteps?: true
  /** What is asked for; `subject` is what a request is about. Words after the command fill it in (see commandFields). */
  form: F
  /** The only SQL reads. */
  read: (sql: Sql, form: FormValues<F>, around: Around) => Promise<R>
  /** Questions to other systems. `about` says what is asked, so that a change in it under lock makes the request stale. */
  ask?: { about: (rows: R, form: FormValues<F>) => Q; ask: (about: Q, net: Upstreams) => Promise<A> }
  /** What is the case: pure, and derived once. Everything below reads it. */
  situation: (rows: R, answers: A, form: FormValues<F>, around: Around) => S
  /** Sentences that should hold; where one blocks, there is no outcome. */
  checks: readonly Check<S>[]
  outcome: (situation: S) => Outcome
  /**
   * What must be true in the transaction after the writes, besides that every planned column holds its new value; if
   * anything does not hold, everything is rolled back.
   */
  holds: (situation: S, sql: Sql) => Promise<Postcondition[]>
  /** What support would ask the next day. Without it, the planned columns are looked at once more. */
  settles?: Settling<LQ, LA>
}

/** How the result is looked at: after the commit, and again later. */
type Settling<Q extends Json, A> = {
  /** Milliseconds after the commit until when a postcondition may be waiting for a job; none unless given. */
  within?: number
  /** What other systems are asked for it; null where there was nothing to ask. */
  ask?: { about: (sql: Sql, executed: Executed) => Promise<Q>; ask: (about: Q, net: Upstreams) => Promise<A | null> }
  /** `answers` is null where they did not answer, or were not asked. */
  look: (sql: Sql, executed: Executed, answers: A | null) => Promise<Postcondition[]>
}

/** Declares a playbook, with the types of its rows, answers and situation inferred. */
export function definePlaybook<
  F extends FormFields,
  R,
  S extends Situation,
  Q extends Json = null,
  A = null,
  LQ extends Json = null,
  LA = null,
>(playbook: Playbook<F, R, Q, A, S, LQ, LA>): Playbook<F, R, Q, A, S, LQ, LA> {
  return playbook
}

/** Any playbook, for code that treats them all alike. */
// biome-ignore lint/suspicious/noExplicitAny: rows, answers and situations are private to each playbook; nothing here looks into them
export type AnyPlaybook = Omit<Playbook<any, any, any, any, any, any, any>, 'form'> & { form: FormFields }
