import { type EntityManager, EntityNotFoundError } from 'typeorm'
import { holdBrakeOff, mayAct, Paused } from '../../brake/brake.ts'
import { findUnsafe } from '../../compatibility/look.ts'
import { idsChanged, type Plan } from '../../contract/plan.ts'
import { columnsHold, TABLES } from '../../contract/planned-rows.ts'
import { formOf, planOf } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { canonical } from '../../entities/json.ts'
import { selectRow } from '../../entities/select-rows.ts'
import { isTaken, mayPass, retryConflicts } from '../../entities/transient.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import { runsHere } from '../../jobs/start/runner.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { hasWaited, isApproverStanding } from '../../people/approver.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { findWhyOff, isChosen } from '../../playbooks/switched-on.ts'
import { writeDegreeAudit, writeTraineeAudit } from '../../register/saves/audits.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { type Assessment, aroundOf, gather, isAnyoneAsked, judge, NOBODY_ASKED } from '../assess/assess.ts'
import { demandMirror } from '../assess/beside.ts'
import { isOfAnother } from '../other-versions.ts'
import { digestOfRequest, getRequest, namedIn } from '../requests.ts'
import { addSteps, stepsOf } from '../steps/manual-steps.ts'
import { recordDropped, stepsLeft } from '../steps/undone-steps.ts'
import { noteUndone } from '../undoing.ts'
import { queueEffects } from './effects.ts'
import { demandApproval } from './legality.ts'
import { leaveToOthers, postponeExecution } from './postponed.ts'
import {
  claimRequest,
  type Execution,
  endFailed,
  endGone,
  endMoved,
  endUnsupported,
  PostconditionFailed,
} from './unexecuted.ts'
import { writePlan } from './write-plan.ts'

/** The named points between which an execution can die. */
export const EXECUTION_STEPS = [
  'begun',
  'asked',
  'claimed',
  'locked',
  'judged',
  'written',
  'verified',
  'audited',
  'queued',
  'recorded',
  'committed',
] as const

export type ExecutionStep = (typeof EXECUTION_STEPS)[number]

/**
 * Carries out an approved request, in one transaction, against the rows as they were previewed, or not at all. Safe to
 * call any number of times, from any number of workers, and to die in at any point.
 */
export async function execute(world: World, id: string): Promise<Execution> {
  const request = await getRequest(world.database, id)
  if (request.status !== 'approved') return 'not-approved'
  if (!isChosen(world, request.playbook)) return 'paused'
  try {
    await step(world, 'begun', id)
    return await carryOut(world, request).catch((error: unknown) => {
      if (!isTaken(error)) throw error
      return carryOut(world, request) // what has come meanwhile makes the request out of date
    })
  } catch (error) {
    // While the bot is paused nothing is given up, whatever went wrong before the transaction looked at the brake.
    if (error instanceof Paused || !(await mayAct(world).catch(() => true))) return 'paused'
    // Register may have been deployed in the middle of it.
    const { manager } = world.database
    const unsafe = findUnsafe(world.database, runsHere(world), request.playbook, manager)
    if ((await unsafe.catch(() => [])).length > 0) return 'paused'
    // What was missing and is there again, such as a right that was being granted anew, is no reason to give up either.
    if (mayPass(error) || error instanceof UpstreamUnavailable) {
      return postponeExecution(world, id, error)
    }
    if (error instanceof EntityNotFoundError) return endGone(world, id)
    return endFailed(world, id, error)
  }
}

async function carryOut(world: World, request: ChangeRequest): Promise<Execution> {
  const playbook = findPlaybook(request.playbook)
  if (!playbook || isOfAnother(request)) {
    return (await mayBegin(world, request)) ? leaveToOthers(world, request.id) : 'paused'
  }
  if (hasWaited(world, request)) {
    if (!(await mayBegin(world, request))) return 'paused'
    if (!(await isApproverStanding(world, request))) return endUnsupported(world, request.id)
  }
  const form = formOf(request.form ?? {})
  const approved = planOf(request)
  let gathered = NOBODY_ASKED
  if (isAnyoneAsked(world, playbook, approved)) {
    if (!(await mayBegin(world, request))) return 'paused'
    await demandMirror(world, approved)
    gathered = await gather(world, playbook, form, request.id)
  }
  await step(world, 'asked', request.id)

  const execution = await retryConflicts(() =>
    world.database.transaction(async (sql): Promise<Execution> => {
      await sql.query(LIMITS)
      await holdBrakeOff(world, sql)
      const claimed = await claimRequest(sql, request.id)
      if (!claimed) return 'not-approved'
      await demandApproval(sql, claimed)
      await step(world, 'claimed', request.id)

      const plan = planOf(claimed)
      const locked = await lockRows(sql, plan)
      await step(world, 'locked', request.id)

      const rows: unknown = await playbook.read(sql, form, aroundOf(world, request.id))
      const about: unknown = playbook.ask?.about(rows, form) ?? null
      const facts = { ...gathered, rows, form, self: request.id, locked }
      const now = await judge(world, sql, playbook, facts)
      // Having read the tables keeps Register from changing them until the end.
      if ((await findUnsafe(world.database, runsHere(world), request.playbook, sql)).length > 0) throw new Paused()
      const outcome = now.outcome && 'plan' in now.outcome ? now.outcome : null
      const isAsked = canonical(about) === canonical(gathered.about)
      if (!outcome || !isAsked || !isSame(world, claimed, { ...outcome, checks: now.checks })) {
        await endMoved(world, sql, claimed, now.checks, outcome?.plan)
        return 'stale'
      }
      await step(world, 'judged', request.id)

      const at = await writePlan(sql, plan)
      await step(world, 'written', request.id)

      demand([await columnsHold(sql, plan), ...(await playbook.holds(now.situation, sql))])
      await step(world, 'verified', request.id)

      await writeAudits(sql, claimed, plan, at)
      await step(world, 'audited', request.id)

      const { advice } = outcome
      const executedAt = world.now()
      await sql.update(
        ChangeRequest,
        { id: request.id, status: 'approved' },
        {
          status: 'verifying',
          executedAt,
          nextVerifyAt: executedAt,
          outcome: { advice, ...namedIn(claimed.outcome) },
        },
      )
      await noteUndone(sql, claimed)
      const { steps, dropped } = await stepsLeft(sql, claimed, stepsOf(plan, advice), executedAt)
      await addSteps(sql, claimed, steps, executedAt)
      const isLeft = steps.some(({ neededUntil }) => neededUntil === null)
      await announce(sql, request.id, [], { stepsAfter: isLeft ? world.verifyAgainAfter : null })
      await queueEffects(world, sql, claimed, plan, executedAt)
      await step(world, 'queued', request.id)

      await recordDropped(sql, dropped, request.id)
      const { digest, requester, decidedBy: approver } = claimed
      const details = { digest, requester, approver, ids: idsChanged(plan) }
      await appendToLedger(sql, { changeRequest: request.id, event: 'executed', actor: THE_BOT, details })
      await step(world, 'recorded', request.id)
      return 'executed'
    }),
  )
  await step(world, 'committed', request.id)
  return execution
}

const LIMITS = `
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '10s'`

async function step(world: World, name: ExecutionStep, id: string): Promise<void> {
  await world.onStep?.(name, id)
}

/**
 * Whether the bot is not paused and Register's tables are as they should be. The transaction looks at both in any case: this
 * is for what is done before it.
 */
async function mayBegin(world: World, { playbook }: ChangeRequest): Promise<boolean> {
  return (await findWhyOff(world, playbook)) === null && (await mayAct(world))
}

/**
 * Locks just the rows the plan writes, in one fixed order, in the mode that lets Rails insert rows referring to them. Answers
 * them as they are, by their subject: until the plan is written nobody can change them.
 */
async function lockRows(sql: EntityManager, plan: Plan): Promise<Map<string, object>> {
  const rows = new Map<string, object>()
  const updates = [...plan.updates].sort((a, b) =>
    a.table === b.table ? Number(BigInt(a.id) - BigInt(b.id)) : a.table < b.table ? -1 : 1,
  )
  for (const { table, id } of updates) {
    const row = await selectRow<object>(sql, TABLES[table], 'WHERE id = $1 FOR NO KEY UPDATE', [id])
    if (row) rows.set(`${table}:${id}`, row)
  }
  return rows
}

/** Whether what would be done now, and what stands in the request, are both what was approved. */
function isSame(world: World, request: ChangeRequest, now: { plan: Plan; checks: Assessment['checks'] }): boolean {
  const today = { ...request, plan: now.plan, checks: now.checks }
  return [today, request].every((shown) => digestOfRequest(world, shown) === request.digest)
}

function demand(found: readonly { sentence: string; holds: boolean }[]): void {
  const failed = found.filter(({ holds }) => !holds).map(({ sentence }) => sentence)
  if (failed.length > 0) throw new PostconditionFailed(failed.join('; '))
}

async function writeAudits(sql: EntityManager, request: ChangeRequest, plan: Plan, at: string): Promise<void> {
  const comment = `CR-${request.id}: asked by ${request.requester}, approved by ${request.decidedBy} in Slack`
  for (const { table, id, changes, save } of plan.updates) {
    if (save !== 'audited') continue
    if (table === 'trainees') await writeTraineeAudit(sql, { traineeId: id, changes, comment, at })
    if (table === 'degrees') await writeDegreeAudit(sql, { degreeId: id, changes, comment, at })
  }
}
