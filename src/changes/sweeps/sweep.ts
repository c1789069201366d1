import { IsNull, Not } from 'typeorm'
import { mayAct } from '../../brake/brake.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { findWhyOff } from '../../playbooks/switched-on.ts'
import type { World } from '../../world.ts'
import { announce, hintExecution } from '../announce.ts'
import { verify } from '../verify/verify.ts'
import { alone, findIds, sweepEach } from './sweep-each.ts'

// What happens without anyone clicking. Any number of workers may sweep at once: each request is locked by one of them.

/** An approved request that nobody has picked up for this long gets another hint. */
const HINT_AGAIN_AFTER_MS = 30_000
/** An unsent request is dropped this long after its answers were last changed. */
const UNSENT_KEPT_MS = 24 * 60 * 60_000
/** A verification is leased for this long, so that a dead worker's is taken over. */
const VERIFY_LEASE_MS = 60_000
/** Results looked at together; each holds a database connection for a moment. */
export const VERIFY_BATCH = 5

/** Expires what nobody approved in time. Returns how many. */
export async function expireRequests(world: World): Promise<number> {
  const now = world.now()
  const unsentBefore = new Date(now.getTime() - UNSENT_KEPT_MS)
  const due = await findIds(
    world,
    `(status = 'pending' AND expires_at <= $1) OR (status = 'unsent' AND coalesce(answered_at, created_at) <= $2)`,
    [now, unsentBefore],
  )
  return sweepEach(world, due, ['pending', 'unsent'], 'wait', async (sql, request) => {
    // We may have waited for somebody who changes its answers at this moment.
    const { status, expiresAt, answeredAt, createdAt } = request
    if (status === 'pending' ? (expiresAt ?? now) > now : (answeredAt ?? createdAt) > unsentBefore) return
    await sql.update(ChangeRequest, { id: request.id, status }, { status: 'expired' })
    if (status === 'pending') await announce(sql, request.id, ['outcome'])
    await appendToLedger(sql, { changeRequest: request.id, event: 'expired', actor: THE_BOT })
  })
}

/** Asks the queue again for approved requests that nobody carries out: the queue may have lost its hints. */
export async function hintAgain(world: World): Promise<number> {
  if (!(await mayAct(world))) return 0
  const before = new Date(world.now().getTime() - HINT_AGAIN_AFTER_MS)
  const due = await findIds(world, `status = 'approved' AND coalesce(hinted_at, decided_at) <= $1`, [before])
  return sweepEach(world, due, ['approved'], 'skip_locked', async (sql, request) => {
    if ((request.hintedAt ?? request.decidedAt ?? before) <= before) await hintExecution(sql, request.id, world.now())
  })
}

/** Has each card that waits say that its playbook is off, and why, and no longer so. Returns how many say something else. */
export async function tellWhatIsOff(world: World): Promise<number> {
  const waiting = await world.database.query<{ id: string; playbook: string; off: string | null }[]>(
    `SELECT id, playbook, outcome ->> 'off' AS off FROM chatops.change_requests WHERE status IN ('pending', 'approved')`,
  )
  const names = [...new Set(waiting.map(({ playbook }) => playbook))]
  const off = new Map(
    await Promise.all(names.map(async (name) => [name, (await findWhyOff(world, name))?.because] as const)),
  )
  const changed = waiting.filter((request) => (request.off ?? undefined) !== off.get(request.playbook))
  const ids = changed.map(({ id }) => id)
  return sweepEach(world, ids, ['pending', 'approved'], 'skip_locked', async (sql, request) => {
    await sql.update(
      ChangeRequest,
      { id: request.id },
      { outcome: { ...request.outcome, off: off.get(request.playbook) } },
    )
    await announce(sql, request.id)
  })
}

/** Looks at up to VERIFY_BATCH results that are due to be looked at. */
export async function verifyDue(world: World): Promise<number> {
  const now = world.now()
  const [leased] = (await world.database.query(
    `WITH due AS MATERIALIZED (
       SELECT id FROM chatops.change_requests
       WHERE status IN ('verifying', 'needs-attention') AND next_verify_at <= $1 AND plan IS NOT NULL
       ORDER BY next_verify_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE chatops.change_requests SET next_verify_at = $2 WHERE id IN (SELECT id FROM due) RETURNING id`,
    [now, new Date(now.getTime() + VERIFY_LEASE_MS), VERIFY_BATCH],
  )) as [{ id: string }[], number]
  await Promise.all(leased.map(({ id }) => alone(world, id, () => verify(world, id))))
  return leased.length
}

/** Forgets forms, plans and verdicts of requests that ended long ago; the ledger and the outcome stay. */
export async function purge(world: World, keptMs: number): Promise<number> {
  const before = new Date(world.now().getTime() - keptMs)
  const due = await findIds(world, `plan IS NOT NULL AND finished_at <= $1`, [before])
  let purged = 0
  for (const id of due) {
    if (world.stopping?.aborted) break
    await world.database.transaction(async (sql) => {
      const { affected } = await sql.update(
        ChangeRequest,
        { id, plan: Not(IsNull()) },
        { form: null, plan: null, checks: null, decisionReason: null, nextVerifyAt: null },
      )
      if (!affected) return
      await appendToLedger(sql, { changeRequest: id, event: 'purged', actor: THE_BOT })
      purged++
    })
  }
  await world.database.query(FORGET_STEPS, [before])
  return purged
}

// A step that is still to be done keeps its words until somebody has marked it: they may be the only ones that say which record
// is meant. One that was added when its request was over already keeps them as long from then on.
const FORGET_STEPS = `
  UPDATE chatops.manual_steps step SET text = NULL FROM chatops.change_requests request
  WHERE request.id = step.change_request_id AND request.plan IS NULL AND request.finished_at <= $1
    AND step.done_at IS NOT NULL AND step.text IS NOT NULL AND step.added_at <= $1`
