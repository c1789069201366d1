import type { EntityManager } from 'typeorm'
import type { Form } from '../contract/fields.ts'
import { type CheckResult, isEmpty, type Plan, subjectsOf } from '../contract/plan.ts'
import { type AnyPlaybook, isBlocked, runChecks, type Wait } from '../contract/playbook.ts'
import { DttpError } from '../dttp/client/index.ts'
import { dttpWords, referenceWords } from '../dttp/words.ts'
import { canonical, type Json } from '../entities/json.ts'
import { inSnapshot } from '../entities/snapshot.ts'
import { UpstreamUnavailable } from '../errors.ts'
import type { World } from '../world.ts'

// Makes a plan of a form. A preview and an execution both do it with `judge`, so they cannot disagree.

/** What a playbook read, and what it would do. `plan` is null where a check blocks. */
export type Assessment = {
  rows: unknown
  upstream: unknown
  checks: CheckResult[]
  plan: Plan | null
  /** What the person has chosen to wait for, in place of the plan. */
  wait: Wait | null
  trainee: { id: string; slug: string } | null
  subjects: string[]
}

/** Reads the rows of a form and asks other systems about them; nothing is locked and nothing can be written. */
export async function gather(
  world: World,
  playbook: AnyPlaybook,
  form: Form,
  self: string | null,
): Promise<{ rows: unknown; about: Json; upstream: unknown }> {
  const rows = await inSnapshot(world.database, (sql) => readRows(world, playbook, sql, form, self))
  const about = playbook.upstream ? playbook.upstream.about(rows) : null
  const upstream = playbook.upstream ? await ask(() => playbook.upstream?.ask(about, world.upstreams)) : null
  return { rows, about, upstream }
}

/** What a playbook decides by; `self` is the request that is assessed again, null for a preview. */
export function readRows(
  { now, gias, addsTrelloCards }: World,
  playbook: AnyPlaybook,
  sql: EntityManager,
  form: Form,
  self: string | null,
): Promise<unknown> {
  return playbook.rows(sql, form, { now: now(), giasMaxAgeMs: gias.maxAgeMs, addsTrelloCards, self })
}

/** Whether a system gives no answer or one that cannot be read, the request can only wait. */
async function ask<T>(question: () => T): Promise<Awaited<T>> {
  try {
    return await question()
  } catch (error) {
    if (!(error instanceof DttpError)) throw error
    const said = error.kind === 'unavailable' ? 'DTTP did not answer.' : dttpWords(error)
    const words = [said, referenceWords(error.requestId)].filter(Boolean).join(' ')
    throw new UpstreamUnavailable('DTTP', words, { cause: error })
  }
}

/**
 * Rows and answers to checks and a plan; pure but for looking whether another request is open for the same rows.
 * @param self the request being assessed, which does not stand in its own way
 */
export async function judge(
  world: World,
  sql: EntityManager,
  playbook: AnyPlaybook,
  facts: { rows: unknown; upstream: unknown; form: Form; self: string | null },
): Promise<Assessment> {
  const { rows, upstream, form, self } = facts
  const seen = { rows, upstream, form, register: world.register }
  const checks = runChecks(playbook, seen)
  const plan = isBlocked(checks) ? null : playbook.plan(seen)
  const trainee = playbook.trainee(rows)
  const subjects = plan && !isEmpty(plan) ? subjectsOf(plan) : trainee ? [`trainees:${trainee.id}`] : []
  checks.push(await lookForOpenRequest(sql, subjects, self))
  if (isBlocked(checks)) return { rows, upstream, checks, plan: null, wait: null, trainee, subjects }
  return { rows, upstream, checks, plan, wait: playbook.waits?.(seen) ?? null, trainee, subjects }
}

async function lookForOpenRequest(sql: EntityManager, subjects: string[], self: string | null): Promise<CheckResult> {
  const open = await sql.query<{ id: string }[]>(
    `SELECT DISTINCT change_request_id AS id FROM chatops.open_subjects
     WHERE subject = ANY($1) AND change_request_id IS DISTINCT FROM $2 ORDER BY 1`,
    [subjects, self],
  )
  const check = { id: 'open-request', sentence: 'No other request is open for this record' }
  if (open.length === 0) return { ...check, verdict: 'holds', found: '', evidence: [] }
  const names = open.map(({ id }) => `CR-${id}`)
  const found = `${names.join(' and ')} would change it too. Wait until that is finished, or ask for it to be cancelled.`
  return { ...check, verdict: 'blocks', found, evidence: names }
}

/** Sentences of the checks that now find something else than before. */
export function findChangedChecks(before: readonly CheckResult[], after: readonly CheckResult[]): string[] {
  const essence = (check: CheckResult | undefined) => check && canonical([check.verdict, check.evidence])
  const was = new Map(before.map((check) => [check.id, check]))
  return after.filter((check) => essence(check) !== essence(was.get(check.id))).map(({ sentence }) => sentence)
}
