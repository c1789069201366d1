import { createHash } from 'node:crypto'
import { canonical, type Json } from '../entities/json.ts'
import type { Change } from '../register/saving.ts'

// A plan is data, not code: the same value is previewed, digested, approved, executed, audited and, where it can be, undone.

/**
 * One row to change. `audited` saves as Register's models do (an audit row, `updated_at` moves); `columns-only` is
 * Rails' `update_columns`: neither.
 */
export type Update = {
  table: 'trainees' | 'degrees' | 'dttp_schools'
  id: string
  changes: Readonly<Record<string, Change>>
  save: 'audited' | 'columns-only'
}

/** One row to add. */
export type Insert = { table: 'dttp_schools'; values: Readonly<Record<string, Json>> }

/** Something to happen after the commit. A manual step is for people: we only offer the words. */
export type Effect =
  | { kind: 'enqueue'; job: string; args: Readonly<Record<string, Json>>; delaySeconds?: number }
  | { kind: 'retry'; job: string; jobId: string; fingerprint: string; trainee: string | null }
  | { kind: 'settle-registration'; jobId: string; trainee: string; outcome: 'registered' | 'not-sent' }
  | { kind: 'trello-card'; title: string; text: string }
  | { kind: 'manual-step'; title: string; text: string }

export type Plan = { updates: readonly Update[]; inserts: readonly Insert[]; effects: readonly Effect[] }

/** What a check found: it holds, warns, blocks, or could not be checked (which blocks too, unless the check says otherwise). */
export type Verdict = 'holds' | 'warns' | 'blocks' | 'unchecked'

/** What a form has to say before anything can be planned: the field that `found` is about, and the answers there are. */
export type Ask = { field: string; options?: readonly { value: string; label: string }[] }

/**
 * A check's answer. `found` is for people; `evidence` is the stable data behind it, and part of the digest: no clocks, no
 * ages. One that blocks may ask for something in the form.
 */
export type CheckResult = { id: string; sentence: string; verdict: Verdict; found: string; evidence: Json; ask?: Ask }

/** Whether a plan would do nothing by itself. Manual steps alone are no reason for a request. */
export function isEmpty(plan: Plan): boolean {
  return (
    plan.updates.every((update) => Object.keys(update.changes).length === 0) &&
    plan.inserts.length === 0 &&
    plan.effects.every((effect) => effect.kind === 'manual-step')
  )
}

/** The rows a plan writes, as `table:id`, and the DTTP records it gives a trainee; two open requests never share one. */
export function subjectsOf(plan: Plan): string[] {
  const given = plan.updates.flatMap(({ table, changes }) => (table === 'trainees' && changes['dttp_id']?.[1]) || [])
  const updated = plan.updates.map((update) => `${update.table}:${update.id}`)
  const inserted = plan.inserts.map((insert) => `${insert.table}:new:${canonical(insert.values)}`)
  const trainees = plan.effects.map(traineeOf).filter((trainee) => trainee !== null)
  return [
    ...new Set([
      ...updated,
      ...inserted,
      ...trainees.map((id) => `trainees:${id}`),
      ...given.map((id) => `contacts:${id}`),
    ]),
  ].sort()
}

/** The trainee that an effect is about, if it is about one. */
function traineeOf(effect: Effect): string | null {
  if (effect.kind === 'enqueue') return 'trainee' in effect.args ? String(effect.args['trainee']) : null
  return effect.kind === 'retry' || effect.kind === 'settle-registration' ? effect.trainee : null
}

/**
 * What an approval is an approval of: SHA-256 in hex over the canonical JSON of everything that was shown and
 * everything that will be done. No clocks and no ages go in, so the same facts always give the same digest.
 */
export function digestOf(approved: {
  changeRequest: string
  playbook: string
  version: number
  form: Json
  plan: Plan
  checks: readonly CheckResult[]
  database: string
}): string {
  const checks = approved.checks.map(({ id, verdict, evidence }) => ({ id, verdict, evidence }))
  return createHash('sha256')
    .update(canonical({ ...approved, checks }))
    .digest('hex')
}

/**
 * The plan that takes a plan back, or the reasons why there is none. Columns go back byte for byte; `updated_at`,
 * audits, inserted rows, and jobs and cards already sent do not.
 */
export function inverse(plan: Plan): { plan: Plan } | { refused: string[] } {
  const refused = [
    ...plan.inserts.map((insert) => `It added a row to ${insert.table}, which the bot cannot remove.`),
    ...plan.effects.filter((effect) => effect.kind !== 'manual-step').map(whatCannotBeTakenBack),
  ]
  if (refused.length > 0) return { refused }
  const updates = plan.updates.map((update) => ({
    ...update,
    changes: Object.fromEntries(
      Object.entries(update.changes).map(([column, [before, after]]) => [column, [after, before] as const]),
    ),
  }))
  return { plan: { updates, inserts: [], effects: [] } }
}

function whatCannotBeTakenBack(effect: Effect): string {
  switch (effect.kind) {
    case 'enqueue':
    case 'retry':
      return `It ran ${effect.job}.`
    case 'trello-card':
      return 'It added a Trello card.'
    case 'settle-registration':
      return 'It settled a registration.'
    case 'manual-step':
      return 'It asked people to do something.'
  }
}

/** The plan kept with a request; empty once the request is purged. */
export function planOf(request: { plan: object | null }): Plan {
  return (request.plan as Plan | null) ?? { updates: [], inserts: [], effects: [] }
}

/** The verdicts kept with a request; none once it is purged. */
export function checksOf(request: { checks: object | null }): readonly CheckResult[] {
  return (request.checks as readonly CheckResult[] | null) ?? []
}
