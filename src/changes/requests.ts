import type { DataSource, EntityManager } from 'typeorm'
import { In, Not } from 'typeorm'
import { formatAt, formatDateTime } from '../calendar/london.ts'
import { digestOf } from '../contract/plan.ts'
import { checksOf, isReadable, planOf } from '../contract/stored.ts'
import { ChangeRequest, type RequestOutcome } from '../entities/chatops/change-request.ts'
import { selectRow } from '../entities/select-rows.ts'
import { ChangeError } from '../errors.ts'
import { appendToLedger, THE_BOT } from '../ledger/ledger.ts'
import type { World } from '../world.ts'
import { announce } from './announce.ts'

/** Locks a request for as long as the transaction lasts. Throws ChangeError `not-found`. */
export async function lockRequest(sql: EntityManager, id: string): Promise<ChangeRequest> {
  const request = await selectRow(sql, ChangeRequest, 'WHERE id = $1 FOR UPDATE', [id])
  if (!request) throw new ChangeError('not-found')
  return request
}

/**
 * The digest of a request as it stands in the database; differs from `request.digest` if someone altered its row. Null
 * if this version of the bot cannot read it.
 */
export function digestOfRequest(world: World, request: ChangeRequest): string | null {
  if (!isReadable(request)) return null
  return digestOf({
    changeRequest: request.id,
    playbook: request.playbook,
    version: request.playbookVersion,
    form: request.form,
    plan: planOf(request),
    checks: checksOf(request),
    database: world.databaseIdentity,
  })
}

/** Throws ChangeError `not-found`, also for an id that is no number. */
export async function getRequest(database: DataSource, id: string): Promise<ChangeRequest> {
  const isNumber = /^\d{1,18}$/.test(id)
  const request = isNumber ? await selectRow(database.manager, ChangeRequest, 'WHERE id = $1', [id]) : null
  if (!request) throw new ChangeError('not-found')
  return request
}

/** The same, for what this person may see: what somebody else has not sent is not there. */
export async function getVisible(database: DataSource, id: string, viewer: string): Promise<ChangeRequest> {
  const request = await getRequest(database, id)
  if (request.sentAt === null && request.requester !== viewer) throw new ChangeError('not-found')
  return request
}

/** A channel; or every one but these, also such as the bot is not allowed in any more. */
export type InChannels = { channel: string } | { notIn: readonly string[] }

/** What waits for approval in a channel, the first to expire first; and how much there is in all. */
export async function listWaiting(
  database: DataSource,
  { place, take }: { place: InChannels; take: number },
): Promise<{ requests: ChangeRequest[]; inAll: number }> {
  const [requests, inAll] = await database.manager.findAndCount(ChangeRequest, {
    where: { channel: 'notIn' in place ? Not(In([...place.notIn])) : place.channel, status: 'pending' },
    order: { expiresAt: 'ASC', id: 'ASC' },
    take,
  })
  return { requests, inAll }
}

/** What the words of a request name, and its outcome keeps whatever comes of it: what it undoes, and its school. */
export function namedIn({ undoes, school }: RequestOutcome): RequestOutcome {
  return { undoes, school }
}

/** Why a request is out of date: columns, checks by their sentences, and trainees of whom DTTP would be told otherwise. */
export type Moved = { columns: string[]; checks: string[]; told?: string[] }

/** Ends a request as out of date, naming what moved. A ledger entry is written: call it last in the transaction. */
export async function endAsStale(
  world: World,
  sql: EntityManager,
  request: ChangeRequest,
  moved: Moved,
): Promise<ChangeRequest> {
  const outcome = { ...request.outcome, moved: { ...moved, noticedAt: world.now().toISOString() } }
  const end = { status: 'stale', outcome } as const
  await sql.update(ChangeRequest, { id: request.id, status: request.status }, end)
  if (request.status !== 'unsent') await announce(sql, request.id, ['outcome'])
  await appendToLedger(sql, {
    changeRequest: request.id,
    event: 'stale',
    actor: THE_BOT,
    details: { columns: moved.columns, checks: moved.checks, ...(moved.told?.length ? { told: moved.told } : {}) },
  })
  return { ...request, ...end }
}

/** Why a request can no longer be decided, for someone who tries. */
export function refusalFor(request: ChangeRequest): { code: ChangeError['code']; facts: ChangeError['facts'] } {
  const when = request.decidedAt ? formatDateTime(request.decidedAt) : ''
  const who = request.decidedBy ? `<@${request.decidedBy}>` : 'Someone'
  const expiry = request.expiresAt ? formatDateTime(request.expiresAt) : ''
  switch (request.status) {
    case 'approved':
    case 'verifying':
    case 'done':
    case 'failed':
    case 'needs-attention':
      return { code: 'already-approved', facts: { who, when: `on ${when}`, detail: sinceApproval(request) } }
    case 'expired':
      return { code: 'expired', facts: { when: expiry } }
    case 'rejected':
      return { code: 'already-over', facts: { detail: `${who} rejected it on ${when}.` } }
    case 'cancelled':
      return { code: 'already-over', facts: { detail: `<@${cancellerOf(request)}> cancelled it.` } }
    case 'stale':
      return {
        code: 'already-over',
        facts: { detail: 'The record changed after the preview. Select “Preview again”.' },
      }
    default:
      return { code: 'already-over', facts: { detail: 'It has not been sent yet.' } }
  }
}

/** Who cancelled a request: whoever asked for it, unless it was approved by then. */
export function cancellerOf({ requester, outcome }: Pick<ChangeRequest, 'requester' | 'outcome'>): string {
  return outcome.cancelledBy ?? requester
}

function sinceApproval({ status, executedAt }: ChangeRequest): string {
  if (executedAt) return `It was carried out at ${formatAt(executedAt)}. The request says what came of it.`
  return status === 'approved'
    ? 'Nothing has changed yet. If it must not be made, select “Cancel request” on it before it is carried out.'
    : 'It could not be carried out, and nothing has changed. The request says why.'
}

/** Has the result of a request looked at again, now that one of its jobs is over. */
export async function verifyAgain(sql: EntityManager, id: string, now: Date): Promise<void> {
  await sql.update(ChangeRequest, { id, status: In(['verifying', 'needs-attention']) }, { nextVerifyAt: now })
}
