import { type EntityManager, QueryFailedError } from 'typeorm'
import type { CheckResult } from '../../contract/check.ts'
import type { Plan } from '../../contract/plan.ts'
import { findMoved } from '../../contract/planned-rows.ts'
import { checksOf, planOf } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { DatabaseError } from '../../entities/database-errors.ts'
import { selectRow } from '../../entities/select-rows.ts'
import { describeError } from '../../error-facts.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { findMovedTold } from '../../registration/told.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { findChangedChecks } from '../assess/assess.ts'
import { endAsStale, type Moved, namedIn } from '../requests.ts'
import { NotApproved } from './legality.ts'

// The ways in which an attempt to carry out a request ends without having written anything.

/**
 * What became of one attempt to carry out a request. `not-approved`: someone else did, or it is over. `paused`: it waits
 * until the bot is resumed, or its playbook is on and safe.
 */
export type Execution = 'executed' | 'stale' | 'failed' | 'not-approved' | 'postponed' | 'paused'

/** A postcondition that does not hold rolls everything back. */
export class PostconditionFailed extends Error {}

/** Said if neither a column nor a check differs. Then the playbook's version or the database is another one. */
const SAME_SOFTWARE = 'The request was made with this version of the bot, for this database'

/** What is said of a request that this version of the bot did not make, or cannot read. */
export const FOREIGN: Moved = { columns: [], checks: [SAME_SOFTWARE] }

/** Locks the request if it is still approved. */
export async function claimRequest(sql: EntityManager, id: string): Promise<ChangeRequest | null> {
  return selectRow(sql, ChangeRequest, `WHERE id = $1 AND status = 'approved' FOR UPDATE`, [id])
}

/**
 * Ends a request, inside the execution's own transaction, whose facts are no longer those that were approved.
 * @param today the plan that they come to now; none where a check stands in the way
 */
export async function endMoved(
  world: World,
  sql: EntityManager,
  request: ChangeRequest,
  checks: readonly CheckResult[],
  today?: Plan,
) {
  const plan = planOf(request)
  const told = findMovedTold(plan, today ?? plan)
  const planned = (await findMoved(sql, plan, 'before')).map(({ column }) => column)
  const columns = [...new Set([...planned, ...told.columns])]
  const changed = findChangedChecks(checksOf(request), checks)
  const nothing = columns.length === 0 && changed.length === 0 && told.trainees.length === 0
  await endAsStale(world, sql, request, {
    columns,
    checks: nothing ? [SAME_SOFTWARE] : changed,
    told: told.trainees,
  })
}

/** Ends a request whose trainee is no longer there. */
export async function endGone(world: World, id: string): Promise<Execution> {
  return endOutdated(world, id, (request) => ({
    columns: planOf(request).updates.flatMap(({ changes }) => Object.keys(changes)),
    checks: checksOf(request).flatMap(({ id, sentence }) => (id === 'trainee' ? [sentence] : [])),
  }))
}

/** Ends a request whose approver may approve no more. */
export async function endUnsupported(world: World, id: string): Promise<Execution> {
  return endOutdated(world, id, () => ({
    columns: [],
    checks: ['The person who approved it may still approve requests'],
  }))
}

async function endOutdated(world: World, id: string, why: (request: ChangeRequest) => Moved): Promise<Execution> {
  return world.database.transaction(async (sql) => {
    const request = await claimRequest(sql, id)
    if (!request) return 'not-approved'
    await endAsStale(world, sql, request, why(request))
    return 'stale'
  })
}

/** After the rollback: the request ends as failed, in a second transaction. */
export async function endFailed(world: World, id: string, cause: unknown): Promise<Execution> {
  world.log.error({ changeRequest: id, cause: describeCause(cause) }, 'execution failed')
  const problem = problemOf(cause)
  return world.database.transaction(async (sql) => {
    const request = await claimRequest(sql, id)
    return request ? endUndone(sql, request, 'failed', problem, cause) : 'not-approved'
  })
}

function problemOf(cause: unknown): string {
  if (cause instanceof NotApproved) {
    return 'We have no record that a second person reviewed and approved it as it is. None of the changes in this request were made. Tell the Register developers.'
  }
  if (cause instanceof PostconditionFailed) {
    return `The result was not what it should be (${cause.message}), so we took everything back.`
  }
  return 'The database refused it, so we took everything back. The developers can find the cause in the log.'
}

/** Ends a request that was approved, none of whose changes were made. */
export async function endUndone(
  sql: EntityManager,
  { id, outcome }: ChangeRequest,
  status: 'failed' | 'needs-attention',
  problem: string,
  cause: unknown,
): Promise<Execution> {
  await sql.update(ChangeRequest, { id, status: 'approved' }, { status, outcome: { ...namedIn(outcome), problem } })
  await announce(sql, id, ['outcome'])
  const details = { because: describeCause(cause) }
  await appendToLedger(sql, { changeRequest: id, event: status, actor: THE_BOT, details })
  return 'failed'
}

/** A cause as it goes into the log and the ledger: messages only of errors of our own. */
export function describeCause(cause: unknown): string {
  if (cause instanceof QueryFailedError) {
    const { code, constraint, column } = new DatabaseError(cause.driverError)
    return ['database', code, constraint ?? column].filter(Boolean).join(' ')
  }
  const isOurs = [PostconditionFailed, NotApproved, UpstreamUnavailable].some((kind) => cause instanceof kind)
  if (cause instanceof Error && isOurs) return cause.message
  return describeError(cause)
}
