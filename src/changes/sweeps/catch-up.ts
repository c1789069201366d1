import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { THE_BOT } from '../../ledger/ledger.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { isAsApproved, NEEDS_ATTENTION, needsAttention } from '../attention.ts'
import { findIds, sweepEach } from './sweep-each.ts'

/** Cards drawn again in one sweep: those that people wait for must not stand behind all of them. */
const BATCH = 20

/**
 * Catches up with what an earlier version of the bot did, or does still beside this one: it dealt with no request whose
 * result came to be as approved, and drew cards on which nothing could be dealt with. Returns how many cards are drawn again.
 */
export async function catchUp(world: World): Promise<number> {
  const ids = await findIds(world, `${CAME_TRUE} OR ${BEHIND}`, [])
  return sweepEach(world, ids.slice(0, BATCH), ['needs-attention'], 'skip_locked', async (sql, request) => {
    const { id, outcome } = request
    if (outcome.verified?.length && isAsApproved(outcome.verified) && needsAttention(request))
      await sql.update(ChangeRequest, { id }, { dealtAt: world.now(), dealtBy: THE_BOT })
    await announce(sql, id)
  })
}

/** Every part of the result is as approved, and nobody looks at it any more. */
const CAME_TRUE = `(${NEEDS_ATTENTION} AND next_verify_at IS NULL AND jsonb_path_exists(outcome, '$.verified[*]')
  AND NOT jsonb_path_exists(outcome, '$.verified[*] ? (@.holds == false)'))`

/** A card that was given up stays as it is: Slack would refuse it again. */
const BEHIND = `(status = 'needs-attention' AND card_ts IS NOT NULL AND rendered_version < card_version AND NOT EXISTS (
  SELECT FROM chatops.outbox message
  WHERE message.change_request_id = change_requests.id AND message.kind = 'card' AND message.status <> 'sent'))`
