import { createHash } from 'node:crypto'
import * as z from 'zod'
import { canonical, type Json } from '../entities/json.ts'
import { jobDoes } from '../register/jobs/words.ts'
import type { Change } from '../register/saves/rules.ts'
import type { Verdict } from './check.ts'
import { type Effect, type Enqueue, effect, traineeOf } from './effect.ts'

// A plan is data, not code: the same value is previewed, digested, approved, executed, audited and, where it can be, undone.

/**
 * One row to change. `audited` saves as Register's models do (an audit row, `updated_at` moves); `columns-only` is
 * Rails' `update_columns`: neither.
 */
const update = z.strictObject({
  table: z.enum(['trainees', 'degrees', 'dttp_schools']),
  id: z.string(),
  changes: z.record(z.string(), z.tuple([z.json(), z.json()])),
  save: z.enum(['audited', 'columns-only']),
})

/** One row to add. */
const insert = z.strictObject({
  table: z.literal('dttp_schools'),
  values: z.strictObject({
    dttp_id: z.string().nullable().exactOptional(),
    name: z.string().nullable().exactOptional(),
    urn: z.string().nullable().exactOptional(),
    status_code: z.number().nullable().exactOptional(),
  }),
})

/** A plan as it is stored with a request. */
export const plan = z.strictObject({
  updates: z.array(update),
  inserts: z.array(insert),
  effects: z.array(effect),
})

export type Update = Omit<z.output<typeof update>, 'changes'> & { changes: Readonly<Record<string, Change>> }
export type Insert = z.output<typeof insert>
export type Plan = { updates: readonly Update[]; inserts: readonly Insert[]; effects: readonly Effect[] }

export const NOTHING: Plan = { updates: [], inserts: [], effects: [] }

/** Whether a plan would do nothing by itself. Manual steps alone are no reason for a request. */
export function isEmpty(plan: Plan): boolean {
  return (
    plan.updates.every((update) => Object.keys(update.changes).length === 0) &&
    plan.inserts.length === 0 &&
    plan.effects.every((effect) => effect.kind === 'manual-step')
  )
}

/** The jobs of this name that a plan adds. */
export function jobsAdded<Name extends Enqueue['job']>(
  { effects }: Plan,
  name: Name,
): Extract<Enqueue, { job: Name }>[] {
  const isMeant = (effect: Effect): effect is Extract<Enqueue, { job: Name }> =>
    effect.kind === 'enqueue' && effect.job === name
  return effects.filter(isMeant)
}

/**
 * The rows that a plan writes, as `table:id`, and the DTTP records that it gives a trainee. Two open requests never
 * have one in common.
 */
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

/**
 * The ids that a plan gives a record or takes from it, before and after, by row and column. They are kept for good: nothing
 * else may remember them, since an update without an audit leaves none, and plans are forgotten.
 */
export function idsChanged(plan: Plan): Record<string, Record<string, Change>> {
  const rows = plan.updates.map(({ table, id, changes }) => {
    const ids = Object.entries(changes).filter(([column]) => column.endsWith('_id'))
    return [`${table}:${id}`, Object.fromEntries(ids)] as const
  })
  return Object.fromEntries(rows.filter(([, ids]) => Object.keys(ids).length > 0))
}

/**
 * What an approval is bound to: a SHA-256 in hex over the canonical JSON of everything that was shown and everything
 * that will be done. It contains no times and no ages, so the same facts always give the same digest.
 */
export function digestOf(approved: {
  changeRequest: string
  playbook: string
  version: number
  form: Json
  plan: Plan
  checks: readonly { id: string; verdict: Verdict; evidence: Json }[]
  database: string
}): string {
  const checks = approved.checks.map(({ id, verdict, evidence }) => ({ id, verdict, evidence }))
  return createHash('sha256')
    .update(canonical({ ...approved, checks }))
    .digest('hex')
}

/** Whether a trainee's registration is started only once a failed one is taken out of Register's Sidekiq. */
export function startsAfterRemoval({ effects }: Plan, trainee: string): boolean {
  return effects.some((effect) => effect.kind === 'remove-job' && effect.trainee === trainee)
}

/**
 * The plan that takes a plan back, or the reasons why there is none. Columns go back byte for byte; `updated_at`,
 * audits, inserted rows, and jobs and cards already sent do not.
 */
export function inverse(plan: Plan): { plan: Plan } | { refused: string[] } {
  const refused = new Set([
    ...plan.inserts.map(() => 'It added a school to Register’s list of those in DTTP.'),
    ...plan.effects.flatMap(whatCannotBeTakenBack),
  ])
  if (refused.size > 0) return { refused: [...refused] }
  const updates = plan.updates.map((update) => ({
    ...update,
    changes: Object.fromEntries(
      Object.entries(update.changes).map(([column, [before, after]]) => [column, [after, before] as const]),
    ),
  }))
  return { plan: { updates, inserts: [], effects: [] } }
}

function whatCannotBeTakenBack(effect: Effect): string[] {
  switch (effect.kind) {
    case 'enqueue':
    case 'retry':
      return [`It started a job: “${jobDoes(effect.job)}”.`]
    case 'remove-job':
      return ['It took a failed job out of Register’s Sidekiq.']
    case 'trello-card':
      return ['It added a Trello card.']
    case 'settle-registration':
      return ['It put on record what became of a registration.']
    case 'manual-step':
      return []
  }
}
