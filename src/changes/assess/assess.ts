import type { EntityManager } from 'typeorm'
import { isOfList, unknownValuesIn } from '../../compatibility/known-values.ts'
import { type CheckResult, isBlocked, runChecks } from '../../contract/check.ts'
import type { Form } from '../../contract/fields.ts'
import { isEmpty, type Plan, subjectsOf } from '../../contract/plan.ts'
import { readSubjects } from '../../contract/planned-rows.ts'
import type { AnyPlaybook, Around, Outcome, Situation } from '../../contract/playbook.ts'
import { DttpError } from '../../dttp/client/index.ts'
import { dttpWords, referenceWords } from '../../dttp/words.ts'
import { canonical, type Json } from '../../entities/json.ts'
import { inSnapshot } from '../../entities/snapshot.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import { runnerOf } from '../../jobs/start/runner.ts'
import { withTold } from '../../registration/told.ts'
import type { World } from '../../world.ts'
import { askSidekiq, isSidekiqAsked, withSidekiq } from './beside.ts'
import type { Beside } from './look-beside.ts'

// Makes a plan of a form. A preview and an execution both do it with `judge`, so they cannot disagree.

/** What a form comes to. `outcome` is null where a check blocks. */
export type Assessment = {
  situation: Situation
  checks: CheckResult[]
  outcome: Outcome | null
  /** The rows that the plan writes, or else the trainee; see subjectsOf. */
  subjects: string[]
}

/** Reads the rows of a form and asks other systems about them; nothing is locked and nothing can be written. */
export async function gather(world: World, playbook: AnyPlaybook, form: Form, self: string | null): Promise<Gathered> {
  const rows = await inSnapshot(world.database, (sql) => playbook.read(sql, form, aroundOf(world, self)))
  const about: Json = playbook.ask?.about(rows, form) ?? null
  const answers = playbook.ask ? await ask(() => playbook.ask?.ask(about, world.upstreams)) : null
  const { outcome } = decide(world, playbook, { rows, answers, form, self })
  const beside = await askSidekiq(world, outcome && 'plan' in outcome ? outcome.plan : null)
  return { rows, about, answers, beside }
}

/**
 * Everything that a preview shows. If another system must be asked, the rows are read in one snapshot, that system is asked, and
 * the plan is made in a second snapshot; otherwise one does for both.
 */
export async function assess(world: World, playbook: AnyPlaybook, form: Form): Promise<Assessment> {
  const asked = { form, self: null }
  if (playbook.ask || world.upstreams.sidekiq) {
    const gathered = await gather(world, playbook, form, null)
    return inSnapshot(world.database, (sql) => judge(world, sql, playbook, { ...gathered, ...asked }))
  }
  return inSnapshot(world.database, async (sql) => {
    const rows: unknown = await playbook.read(sql, form, aroundOf(world, null))
    return judge(world, sql, playbook, { ...NOBODY_ASKED, rows, ...asked })
  })
}

/** Whether other systems have a say in a plan; without them its rows need not be read before they are locked. */
export function isAnyoneAsked(world: World, playbook: AnyPlaybook, plan: Plan): boolean {
  return playbook.ask !== undefined || isSidekiqAsked(world, plan)
}

export const NOBODY_ASKED: Omit<Gathered, 'rows'> = { about: null, answers: null, beside: null }

/** What a playbook read; and what was asked about it, and answered. */
export type Gathered = { rows: unknown; about: Json; answers: unknown; beside: Beside | null }

type Facts = Pick<Gathered, 'rows' | 'answers'> & { form: Form; self: string | null }

/** What a playbook makes of what it read; pure. */
function decide(world: World, playbook: AnyPlaybook, { rows, answers, form, self }: Facts) {
  const situation: Situation = playbook.situation(rows, answers, form, aroundOf(world, self))
  const checks = runChecks(playbook.checks, situation)
  return { situation, checks, outcome: isBlocked(checks) ? null : playbook.outcome(situation) }
}

/** What a playbook decides by besides its rows; `self` is the request that is assessed again, null for a preview. */
export function aroundOf(
  { register, now, gias, ownIds, jobLease, addsTrelloCards, upstreams }: World,
  self: string | null,
): Around {
  const isMirrored = upstreams.sidekiq !== undefined
  const settings = { register, ownIds, addsTrelloCards, isMirrored }
  return { ...settings, now: now(), giasMaxAgeMs: gias.maxAgeMs, jobLeaseMs: jobLease, self }
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
 * Rows and answers to what is the case, the checks, and what comes of it; pure but for reading what DTTP will be told by
 * the plan's registrations, and for looking whether another request is open for the same rows.
 * @param facts `self` is the request being assessed, which does not stand in its own way; `locked` the rows that are locked
 *   already, by their subject: they need not be read again
 */
export async function judge(
  world: World,
  sql: EntityManager,
  playbook: AnyPlaybook,
  facts: Facts & Pick<Gathered, 'beside'> & { locked?: ReadonlyMap<string, object> },
): Promise<Assessment> {
  const { situation, checks, outcome: decided } = decide(world, playbook, facts)
  const { outcome, check } = besideOthers(world, decided, facts.beside)
  const told = outcome && (await tellingAll(world, sql, outcome))
  const subjects = subjectsFor(told, situation)
  checks.push(...(check ? [check] : []), await lookForOpenRequest(sql, subjects, facts.self))
  checks.push(...(await lookForUnknownValues(sql, subjects, facts.locked ?? new Map())))
  return { situation, checks, outcome: isBlocked(checks) ? null : told, subjects }
}

function besideOthers(world: World, outcome: Outcome | null, beside: Beside | null) {
  if (!outcome || !('plan' in outcome)) return { outcome, check: null }
  const { plan, check } = withSidekiq(world, outcome.plan, beside)
  return { outcome: { ...outcome, plan }, check }
}

async function tellingAll(world: World, sql: EntityManager, outcome: Outcome): Promise<Outcome> {
  return 'plan' in outcome ? { ...outcome, plan: await asTold(world, sql, outcome.plan) } : outcome
}

/** A plan with what DTTP will be told by the registrations that our own workers run. */
export function asTold(world: World, sql: EntityManager, plan: Plan): Promise<Plan> {
  return withTold(sql, plan, world.register, runnerOf(world, 'register-for-trn') !== 'register')
}

function subjectsFor(outcome: Outcome | null, { trainee }: Situation): string[] {
  if (outcome && 'plan' in outcome && !isEmpty(outcome.plan)) return subjectsOf(outcome.plan)
  return trainee ? [`trainees:${trainee.id}`] : []
}

/**
 * Blocks where a row that the plan writes, or the trainee, has a value that Register has added since. Not shown where
 * there is none: what was approved before this check was there stays as it was.
 */
async function lookForUnknownValues(
  sql: EntityManager,
  subjects: readonly string[],
  locked: ReadonlyMap<string, object>,
): Promise<CheckResult[]> {
  const known = subjects.flatMap((subject) => locked.get(subject) ?? [])
  const others = subjects.filter((subject) => !locked.has(subject))
  const unknown = [...known, ...(await readSubjects(sql, others, isOfList))].flatMap(unknownValuesIn)
  if (unknown.length === 0) return []
  const found = `${[...new Set(unknown)].join(' ')} Register may have changed since: ask the Register developers.`
  const check = { id: 'known-values', sentence: 'Every value of the record is one that we know' }
  return [{ ...check, verdict: 'blocks', found, evidence: unknown }]
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
