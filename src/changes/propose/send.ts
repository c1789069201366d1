import type { EntityManager } from 'typeorm'
import { findMoved } from '../../contract/planned-rows.ts'
import { planOf } from '../../contract/stored.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { isTaken } from '../../entities/transient.ts'
import { ChangeError } from '../../errors.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import { refuse, refuseUnless } from '../../people/standing.ts'
import { refuseWhereOff } from '../../playbooks/switched-on.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { FOREIGN } from '../execute/unexecuted.ts'
import { isOfAnother, isOfLater } from '../other-versions.ts'
import { endAsStale, getRequest, lockRequest } from '../requests.ts'
import { type Callee, claimCall, findCallee, reminderFor } from './call.ts'

// What becomes of a draft: its requester sends it, or drops it.

/** @property digest of what the person has on their screen; a draft's answers may have been changed in another window */
type Sending = { id: string; requester: string; digest?: string }

/** "Ask for approval": the request is sent to the channel, unless its rows have moved since the preview. */
export async function send(world: World, asked: Sending): Promise<ChangeRequest> {
  const { playbook } = await getRequest(world.database, asked.id)
  await refuseUnless(world, 'mayRequest', asked.requester, asked.id)
  if (world.mode === 'preview-only') return refuse(world, 'previews-only', asked.requester, asked.id)
  await refuseWhereOff(world, playbook, asked.requester, asked.id)
  try {
    const callee = await findCallee(world, asked.requester)
    return await sureTransaction(world.database, (sql) => sendUnsent(world, sql, { ...asked, callee }))
  } catch (error) {
    if (isTaken(error)) throw new ChangeError('another-open', { other: 'Another request' })
    throw error
  }
}

async function sendUnsent(
  world: World,
  sql: EntityManager,
  { id, requester, digest, callee }: Sending & { callee: Callee },
): Promise<ChangeRequest> {
  const request = await lockRequest(sql, id)
  if (request.requester !== requester) throw new ChangeError('not-found')
  if (request.status !== 'unsent') return request // sent by an earlier click: show that one
  if (digest !== undefined && digest !== request.digest) throw new ChangeError('answers-changed', { cr: `CR-${id}` })
  if (!world.channels.includes(request.channel)) {
    throw new ChangeError('not-posted-there', {
      cr: `CR-${id}`,
      detail: world.channels.map((one) => `<#${one}>`).join(' or '),
    })
  }
  if (isOfLater(request)) throw new ChangeError('another-version', { cr: `CR-${id}` })
  if (isOfAnother(request)) return endAsStale(world, sql, request, FOREIGN)
  const moved = await findMoved(sql, planOf(request), 'before')
  if (moved.length > 0) {
    return endAsStale(world, sql, request, { columns: moved.map(({ column }) => column), checks: [] })
  }
  const now = world.now()
  const expiresAt = world.expiryOf(request.playbook, now)
  const wanted = callee === 'unknown' ? null : callee.calls
  const calls = wanted !== null && (await claimCall(sql, request.channel, now)) ? wanted : null
  const remindAt = callee === 'unknown' ? now : reminderFor(world, now, expiresAt)
  const sent = { status: 'pending', sentAt: now, expiresAt, calls, remindAt } as const
  await sql.update(ChangeRequest, { id, status: 'unsent' }, sent)
  await announce(sql, id)
  await appendToLedger(sql, { changeRequest: id, event: 'sent', actor: requester, details: { digest: request.digest } })
  return { ...request, ...sent }
}

/** Drops a request that was never sent; one that was, or has ended, stays as it is. Answers how it is then. */
export async function discard(world: World, asked: { id: string; requester: string }): Promise<ChangeRequest> {
  return sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, asked.id)
    if (request.requester !== asked.requester) throw new ChangeError('not-found')
    if (request.status !== 'unsent') return request
    await sql.update(ChangeRequest, { id: asked.id, status: 'unsent' }, { status: 'cancelled' })
    await appendToLedger(sql, { changeRequest: asked.id, event: 'cancelled', actor: asked.requester })
    return { ...request, status: 'cancelled' as const }
  })
}
