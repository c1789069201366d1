import type { EntityManager } from 'typeorm'
import type { Advice, Postcondition } from '../entities/chatops/change-request.ts'
import type { Json } from '../entities/json.ts'
import type { RegisterSettings, Upstreams } from '../world.ts'
import type { Fields, FormValues } from './fields.ts'
import type { Ask, CheckResult, Plan, Verdict } from './plan.ts'

/** How a playbook reads the database: inside a read-only snapshot for a preview, under lock when it is executed. */
type Sql = EntityManager

/** What a check sees. */
export type Facts<R, U, F extends Fields> = { rows: R; upstream: U; form: FormValues<F>; register: RegisterSettings }

/** A named sentence that should hold, with a pure function that says whether it does and what was found. */
export type Check<R, U, F extends Fields> = {
  id: string
  sentence: string
  look: (facts: Facts<R, U, F>) => Finding
}

/** What a check's look comes to; see CheckResult. */
export type Finding = { verdict: Verdict; found: string; evidence: Json; ask?: Ask }

/** What a playbook reads its rows by, besides the form. */
export type Around = {
  now: Date
  /** What we have of GIAS counts as unknown if it is older, in milliseconds. */
  giasMaxAgeMs: number
  /** Whether we can add cards to Trello; if not, people are given the text. */
  addsTrelloCards: boolean
  /** The request that is assessed again; null for a preview. */
  self: string | null
}

/** Something that must come about before a request can be made, and the card that asks people for it. */
export type Wait = { urn: string; title: string; text: string }

/**
 * What was carried out, when, and as part of which request; with the checks' evidence as approved, by check, and what
 * other systems answered to `after`.
 */
export type Executed = {
  changeRequest: string
  executedAt: Date
  evidence: Readonly<Record<string, Json>>
  answered: Json
}

/**
 * One kind of fix, from top to bottom. Nothing in it writes: one shared executor writes exactly the plan.
 * Everything but `rows`, `ask` and the two `verify…` is pure.
 */
export type Playbook<F extends Fields = Fields, R = unknown, U = unknown> = {
  /** Verb-noun, as typed after the command; also the folder's name. */
  name: string
  /** Raised whenever the same form could lead to another plan: open approvals of the old version go out of date. */
  version: number
  title: string
  /** One line for help and the chooser. */
  summary: string
  /** Arguments after the name, in order, as form field names. */
  args: readonly (keyof F & string)[]
  /** The field that the first word after the name belongs in, where that depends on the word. */
  fieldOf?: (word: string) => keyof F & string
  source: string
  form: F
  /** What its fields must satisfy together: words at each field where they do not. */
  together?: (values: FormValues<F>) => Partial<Record<keyof F & string, string>>
  /** The only SQL reads. */
  rows: (sql: Sql, form: FormValues<F>, around: Around) => Promise<R>
  /** Questions to other systems. `about` says what is asked, so that a change in it under lock makes the request stale. */
  upstream?: { about: (rows: R) => Json; ask: (about: Json, net: Upstreams) => Promise<U> }
  checks: readonly Check<R, U, F>[]
  plan: (facts: Facts<R, U, F>) => Plan
  /** What the person has chosen to wait for in place of a plan, once nothing blocks; null for nothing. */
  waits?: (facts: Facts<R, U, F>) => Wait | null
  /** The trainee a request is about, to find requests by trainee and to keep personal data out of free text. */
  trainee: (rows: R) => { id: string; slug: string } | null
  /**
   * What must be true in the transaction, after the writes and before the commit; anything that does not hold rolls
   * back. `before` is what was read under lock before the writes.
   */
  verifyRows: (sql: Sql, plan: Plan, before: R) => Promise<Postcondition[]>
  /** What other systems are asked before `verifyAfter` looks; no answer counts as null. */
  after?: {
    about: (sql: Sql, plan: Plan, executed: Executed) => Promise<Json>
    ask: (about: Json, net: Upstreams) => Promise<Json>
  }
  /** What support would ask the next day; looked at after the commit and again later. */
  verifyAfter: (sql: Sql, plan: Plan, executed: Executed) => Promise<Postcondition[]>
  /** Milliseconds after the commit until when a postcondition may be waiting for a job; none unless given. */
  settlesWithin?: number
  /** What people do next, from the rows as they stand after the writes. */
  advice: (facts: Facts<R, U, F>) => Advice | null
}

/** Declares a playbook, with the types of its rows and answers inferred. */
export function definePlaybook<F extends Fields, R, U = null>(playbook: Playbook<F, R, U>): Playbook<F, R, U> {
  return playbook
}

/** Any playbook, for code that treats them all alike. */
// biome-ignore lint/suspicious/noExplicitAny: rows and answers are private to each playbook; nothing here looks into them
export type AnyPlaybook = Playbook<any, any, any>

/** Runs every check. A check that could not be made blocks. */
export function runChecks<R, U, F extends Fields>(playbook: Playbook<F, R, U>, facts: Facts<R, U, F>): CheckResult[] {
  return playbook.checks.map(({ id, sentence, look }) => ({ id, sentence, ...look(facts) }))
}

/** Whether anything stands in the way. */
export function isBlocked(checks: readonly CheckResult[]): boolean {
  return checks.some(({ verdict }) => verdict === 'blocks' || verdict === 'unchecked')
}
